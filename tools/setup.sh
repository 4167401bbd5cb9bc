#!/bin/sh
# Finds a Python that Hedgerow can run on and hands over to setup.py, which makes .venv.
# Usage: tools/setup.sh run|dev
set -eu
cd "$(dirname "$0")/.."

# automerge, which holds our documents, is published for CPython 3.11 and 3.12 and for no later version.
# A name on the PATH proves little (version switchers leave names that only print an error), so each is run.
fits() {
    "$1" -c 'import sys; sys.exit(sys.implementation.name != "cpython" or not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
        >/dev/null 2>&1
}

# An environment that is there keeps its Python, unless PYTHON asks for another.
present=$(.venv/bin/python -c 'import os, sys; print(os.path.realpath(sys.executable))' 2>/dev/null) || present=

python=
for candidate in "${PYTHON:-}" "$present" python3.12 python3.11 python3 python; do
    if [ -n "$candidate" ] && fits "$candidate"; then
        python=$candidate
        break
    fi
done

# uv, where it is, knows Pythons outside the PATH and can fetch one.
if [ -z "$python" ] && command -v uv >/dev/null 2>&1; then
    found=$(uv python find --no-project '>=3.11,<3.13' 2>/dev/null) || found=
    if [ -z "$found" ]; then
        echo "No Python 3.11 or 3.12 here: asking uv for one." >&2
        uv python install 3.12 >&2 && found=$(uv python find --no-project 3.12 2>/dev/null) || found=
    fi
    if [ -n "$found" ] && fits "$found"; then
        python=$found
    fi
fi

if [ -z "$python" ]; then
    present=$(python3 -V 2>/dev/null) || present="none that runs"
    echo "Hedgerow needs CPython 3.11 or 3.12, because automerge is published for no other, and found: $present." \
        "Install one with its venv module (or uv, which brings it) and run make again." >&2
    exit 2
fi

exec "$python" tools/setup.py "$@"
