#!/usr/bin/env bash
# Runs the image that build.sh made, with all that compose.yaml takes away from it, and looks whether it holds:
# founds a community, starts the node, asks its health check, stops it by SIGTERM (exit code 0), starts it again and finds
# its data; then kills it outright and finds its data once more. Each point that holds is told in a line.
# Usage: deploy/container/try.sh [FILE]   needs podman, crun and root; touches none of this machine's containers.
set -euo pipefail
cd "$(dirname "$0")/../.."
file=${1:-build/hedgerow-image.tar}

missing=()
for package in podman crun; do
    command -v "$package" >/dev/null || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "try: missing here: ${missing[*]}. Install with: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 2
fi
if [ ! -e "$file" ]; then
    echo "try: expected an image at $file, found none: run \`make image\` first." >&2
    exit 2
fi
# In a mount namespace of our own, crun can be spared what it cannot work with: both versions of control groups at once.
if [ -z "${HEDGEROW_TRY_UNSHARED:-}" ]; then
    HEDGEROW_TRY_UNSHARED=1 exec unshare --mount "$0" "$@"
fi
if mountpoint --quiet /sys/fs/cgroup/unified; then
    umount /sys/fs/cgroup/unified
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/hedgerow-try.XXXXXX")
podman=(podman --root "$work/store" --runroot "$work/run" --tmpdir "$work/tmp" --storage-driver vfs --runtime crun
    --log-level fatal)
clean_up() {
    "${podman[@]}" rm --force --time 1 node >/dev/null 2>&1 || true
    "${podman[@]}" volume rm --force hedgerow-data >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT

# As in compose.yaml. No network but its own loopback; limits that need no privilege to be set.
confined=(--read-only --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp --network none
    --ulimit nofile=1024:4096 --ulimit nproc=1000:1000 --cgroups disabled --volume hedgerow-data:/data)

holds() {
    echo "try: $1"
}

broken() {
    echo "try: expected $1, found: $2" >&2
    "${podman[@]}" logs node >&2 || true
    exit 1
}

healthy() {
    local tries
    for tries in $(seq 120); do
        if "${podman[@]}" healthcheck run node >/dev/null 2>&1; then
            return 0
        fi
        sleep 0.25
    done
    broken "a healthy node within 30 s" "$("${podman[@]}" healthcheck run node 2>&1) ($tries tries)"
}

in_node() {
    "${podman[@]}" exec node "$@"
}

"${podman[@]}" load --quiet --input "$file" >/dev/null
"${podman[@]}" run --rm "${confined[@]}" localhost/hedgerow init --name Riverside >/dev/null
holds "a community is founded in an empty volume"

"${podman[@]}" run --detach --name node "${confined[@]}" localhost/hedgerow >/dev/null
healthy
holds "the node is healthy, with its own health check"
[ "$(in_node id -u)" = 7700 ] || broken "the user 7700" "$(in_node id)"
if in_node touch /opt/written 2>/dev/null; then broken "a root that cannot be written" "one that can"; fi
grep -q '^CapEff:[[:space:]]*0*$' <(in_node cat /proc/1/status) || broken "no capability" "$(in_node cat /proc/1/status)"
grep -q '^NoNewPrivs:[[:space:]]*1$' <(in_node cat /proc/1/status) || broken "no new privileges" "other"
holds "it runs as nobody special: no capability, read-only root"
[ "$(in_node stat -c %a /data /data/keys | tr '\n' ' ')" = "700 700 " ] || broken "folders for the owner alone" "others"
in_node python3 -c 'import urllib.request; urllib.request.urlopen("http://127.0.0.1:7700/healthz", timeout=10)' ||
    broken "an answer at /healthz" "none"
holds "its public listener answers at port 7700"
in_node hedgerow offer add "Bread on Fridays" >/dev/null
holds "a command reaches it over its control socket"

"${podman[@]}" stop --time 20 node >/dev/null
code=$("${podman[@]}" inspect node --format '{{.State.ExitCode}}')
[ "$code" = 0 ] || broken "exit code 0 after SIGTERM" "$code"
holds "SIGTERM ends it with exit code 0"
if "${podman[@]}" healthcheck run node >/dev/null 2>&1; then broken "a stopped node to be unhealthy" "healthy"; fi

"${podman[@]}" start node >/dev/null
healthy
in_node hedgerow offer list | grep -q "Bread on Fridays" || broken "the offer after a restart" "none"
holds "after a restart its data is there"

in_node hedgerow offer add "Jam in autumn" >/dev/null
"${podman[@]}" kill --signal KILL node >/dev/null
"${podman[@]}" wait node >/dev/null
"${podman[@]}" start node >/dev/null
healthy
in_node hedgerow offer list | grep -q "Jam in autumn" || broken "the offer after a kill" "none"
in_node hedgerow doctor >/dev/null || broken "nothing amiss" "$(in_node hedgerow doctor)"
holds "killed outright, it starts again and lacks nothing"
"${podman[@]}" stop --time 20 node >/dev/null
echo "try: all of it holds for $file"
