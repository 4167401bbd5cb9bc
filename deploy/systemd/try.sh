#!/usr/bin/env bash
# Runs the service for real: boots a small Debian with systemd in a folder, puts the unit there as docs/operating.md
# says, and looks whether it holds with all its protection in force: starts, answers, survives a kill, ends by SIGTERM,
# and stays down when a setting does not hold. The program comes from the image that `make image` built.
# Usage: deploy/systemd/try.sh [FILE]   needs root, mmdebstrap, systemd-nspawn; touches nothing of this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
file=${1:-build/hedgerow-image.tar}

missing=()
command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
command -v systemd-nspawn >/dev/null || missing+=(systemd-container)
if [ ${#missing[@]} -gt 0 ]; then
    echo "try: missing here: ${missing[*]}. Install with: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 2
fi
if [ ! -e "$file" ]; then
    echo "try: expected an image at $file, found none: run \`make image\` first." >&2
    exit 2
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/hedgerow-service.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
machine=$work/machine

mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,dbus,python3,sudo bookworm "$machine"
# /opt/hedgerow lies in one of the image's layers; the others hold Debian.
mkdir "$work/image"
tar --extract --directory "$work/image" --file "$file"
for layer in "$work"/image/*.tar; do
    # Looked for first, since tar fails where a layer holds none of it; read to its end, or tar would fail too.
    if tar --list --file "$layer" | grep '^opt/hedgerow/bin/hedgerow$' >/dev/null; then
        tar --extract --directory "$machine" --file "$layer" opt/hedgerow
    fi
done
# Today's health check, whichever the image was built with.
install --mode=0755 deploy/hedgerow-healthy "$machine/opt/hedgerow/bin/hedgerow-healthy"
install -D --mode=0644 deploy/systemd/hedgerow.service "$machine/etc/systemd/system/hedgerow.service"
install -D --mode=0644 deploy/systemd/hedgerow.sysusers "$machine/etc/sysusers.d/hedgerow.conf"
install -D --mode=0644 deploy/systemd/passphrase.conf "$machine/kept/passphrase.conf"
install --mode=0755 deploy/systemd/hedgerow-command "$machine/usr/local/bin/hedgerow"
install --mode=0755 deploy/systemd/try-inside.sh "$machine/usr/local/bin/try-inside"
cat >"$machine/etc/systemd/system/try-inside.service" <<'UNIT'
[Unit]
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/usr/local/bin/try-inside
ExecStopPost=/bin/systemctl poweroff --no-block
UNIT
mkdir -p "$machine/etc/systemd/system/multi-user.target.wants"
ln -s ../try-inside.service "$machine/etc/systemd/system/multi-user.target.wants/try-inside.service"

timeout 400 systemd-nspawn --quiet --directory "$machine" --private-network --boot --register=no --keep-unit \
    --link-journal=no >"$work/boot.log" 2>&1 || true
if [ ! -e "$machine/try.log" ]; then
    echo "try: expected a Debian that boots, found:" >&2
    tail -n 20 "$work/boot.log" >&2
    exit 1
fi
grep '^try: ' "$machine/try.log" || true
if ! grep -q '^try: all of it holds$' "$machine/try.log"; then
    tail -n 60 "$machine/try.log" >&2
    exit 1
fi
