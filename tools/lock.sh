#!/bin/sh
# Renews requirements.lock and requirements-dev.lock from pyproject.toml, for every Python and platform at once.
# Usage: tools/lock.sh [further words for uv, such as --upgrade or --upgrade-package NAME]
set -eu
cd "$(dirname "$0")/.."

# --no-config and --no-emit-index-url: a lock file names packages and hashes, never where one machine found them.
compile() {
    output=$1
    shift
    uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" --group build --output-file "$output" "$@" pyproject.toml
}

compile requirements.lock "$@"
# Tested with exactly what runs: the development lock only adds to the running one.
compile requirements-dev.lock --extra dev --constraint requirements.lock
