#!/usr/bin/env bash
# Builds the image of a node with neither a Docker engine nor a registry of images: mmdebstrap makes the Debian base,
# pip fetches the locked packages as this machine's own configuration says, buildah builds Dockerfile on it.
# Usage: deploy/container/build.sh [FILE]   FILE is what `docker load` and `podman load` take;
# build/hedgerow-image.tar when left out. Needs about 2 GB under TMPDIR while it runs.
set -euo pipefail
cd "$(dirname "$0")/../.."

image=localhost/hedgerow:latest
base=localhost/hedgerow-base:bookworm
file=${1:-build/hedgerow-image.tar}
python=.venv/bin/python

missing=()
for package in buildah mmdebstrap; do
    command -v "$package" >/dev/null || missing+=("$package")
done
if [ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
    missing+=(debian-archive-keyring)
fi
if [ ${#missing[@]} -gt 0 ]; then
    echo "image: missing here: ${missing[*]}. Install with:" \
        "sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 2
fi
if [ ! -x "$python" ]; then
    echo "image: expected an environment at .venv, for its pip: run \`make image\`, which makes it." >&2
    exit 2
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/hedgerow-image.XXXXXX")
# What a build in a user's own namespace leaves belongs to other users there.
trap 'buildah unshare rm -rf "$work" 2>/dev/null || rm -rf "$work"' EXIT
# A store of its own: this machine's images are neither used nor touched. vfs works on every file system, and
# isolation by chroot where nothing may make namespaces.
buildah=(buildah --root "$work/store" --runroot "$work/run" --storage-driver vfs)
export BUILDAH_ISOLATION=chroot

echo "image: 1 of 3: a Debian base" >&2
# As small as debian:12-slim; the copyright files must stay. What is unpacked need not survive a power cut.
mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    bookworm "$work/base.tar"
printf 'FROM scratch\nADD base.tar /\n' >"$work/Base"
"${buildah[@]}" build --quiet --format docker --layers=false --tag "$base" --file "$work/Base" "$work" >/dev/null

echo "image: 2 of 3: the locked packages" >&2
# For the Python of the image, whichever runs here; each file is checked against its hash, now and when installed.
# The same lines of the lock file as in the Dockerfile.
awk '/^[a-z]/ { keep = /^psycopg/ } keep' requirements-dev.lock >"$work/postgresql.lock"
"$python" -m pip --disable-pip-version-check download -qq --no-deps --require-hashes --only-binary :all: \
    --python-version 3.11 --dest "$work/packages" \
    --requirement requirements.lock --requirement "$work/postgresql.lock"

echo "image: 3 of 3: the image" >&2
# Docker's form of images, since the OCI's has no place for a health check.
"${buildah[@]}" build --quiet --format docker --layers=false --network host \
    --build-arg BASE="$base" --build-arg PIP_NO_INDEX=1 --build-arg PIP_FIND_LINKS=/packages \
    --volume "$work/packages:/packages:ro" --ignorefile deploy/container/Dockerfile.dockerignore \
    --tag "$image" --file deploy/container/Dockerfile . >"$work/build.log" 2>&1 || {
    tail -n 40 "$work/build.log" >&2
    exit 1
}
mkdir -p "$(dirname "$file")"
rm -f "$file"
"${buildah[@]}" push --quiet "$image" "docker-archive:$file:$image"
echo "image: $file ($(du -m "$file" | cut -f 1) MB). Load it with: podman load --input $file"
