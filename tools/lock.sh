#!/bin/sh
# Renews requirements.lock, requirements-dev.lock and requirements-oracles.lock from pyproject.toml, for every Python and platform at once.
# Usage: tools/lock.sh [further words for uv, such as --upgrade or --upgrade-package NAME]
set -eu
cd "$(dirname "$0")/.."

# --no-config and --no-emit-index-url: a lock file names packages and hashes, never where one machine found them.
compile() {
    output=$1
    shift
    uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" --output-file "$output" "$@"
}

compile requirements.lock --group build "$@" pyproject.toml
# Tested with exactly what runs: the development lock only adds to the running one.
compile requirements-dev.lock --group build --extra dev --constraint requirements.lock pyproject.toml
# Of the oracles only what they count with: abcvoting asks for solvers (one of them not free) and for packages under
# the GPL, and networkx for drawing, a gigabyte in all, which the two rules that we compare never use.
unused=$(mktemp)
trap 'rm -f "$unused"' EXIT
for package in gurobipy pabutools preflibtools prefsampling pulp ruamel-yaml; do
    echo "$package ; python_version < '3'"
done >"$unused"
echo 'networkx>=3.6,<4' >>"$unused"
# Without notes on who asks for what: they would name the file above.
compile requirements-oracles.lock --group oracles --override "$unused" --no-annotate "$@"
