#!/bin/bash
# Runs in the Debian that try.sh booted, as root; what it says goes to /try.log.
set -euo pipefail
exec >/try.log 2>&1
trap 'journalctl --unit hedgerow --no-pager | tail -n 40' ERR

holds() {
    echo "try: $1"
}

shown() {
    systemctl show --property "$1" --value hedgerow
}

# `systemctl start` is over when the node answers; after a restart by systemd itself it has to be waited for.
until_active() {
    for _ in $(seq 240); do
        if [ "$(systemctl is-active hedgerow)" = active ]; then
            return
        fi
        sleep 0.5
    done
    systemctl status --no-pager hedgerow
    false
}

hostname=$(hostname)
echo "127.0.0.1 localhost $hostname" >>/etc/hosts
systemd-sysusers
install --directory --owner=hedgerow --group=hedgerow --mode=0700 /var/lib/hedgerow

systemctl start hedgerow
[ "$(systemctl is-active hedgerow)" = inactive ]
holds "before there is a community the service does nothing, and does not fail"

hedgerow init --name Riverside
systemctl start hedgerow
hedgerow offer add "Bread on Fridays"
hedgerow doctor
holds "it starts, and takes commands over its control socket"

process=$(shown MainPID)
grep -q '^CapBnd:[[:space:]]*0*$' "/proc/$process/status"
grep -q '^NoNewPrivs:[[:space:]]*1$' "/proc/$process/status"
grep -q '^Seccomp:[[:space:]]*2$' "/proc/$process/status"
grep -q ' / ro,' "/proc/$process/mountinfo"
[ "$(stat --format=%a /var/lib/hedgerow /var/lib/hedgerow/keys | tr '\n' ' ')" = "700 700 " ]
holds "no capability, no new privileges, system calls filtered, everything read-only but its data folder"
systemd-analyze security hedgerow --no-pager | tail -n 1

systemctl kill --signal=KILL hedgerow
sleep 1
until_active
[ "$(shown NRestarts)" -ge 1 ]
hedgerow offer list | grep -q Bread
holds "killed, it is started again with its data"

systemctl stop hedgerow
[ "$(shown Result) $(shown ExecMainStatus)" = "success 0" ]
holds "SIGTERM ends it with exit code 0"

echo 'listen = "nonsense"' >/var/lib/hedgerow/config.toml
if systemctl start hedgerow; then false; fi
sleep 12
[ "$(systemctl is-active hedgerow) $(shown ExecMainStatus)" = "failed 2" ]
rm /var/lib/hedgerow/config.toml
holds "a setting that does not hold is told, and not tried again"

rm -rf /var/lib/hedgerow
install --directory --owner=hedgerow --group=hedgerow --mode=0700 /var/lib/hedgerow
sudo -u hedgerow HEDGEROW_DATA=/var/lib/hedgerow HEDGEROW_PASSPHRASE="seven small seeds" /opt/hedgerow/bin/hedgerow init
install -D --mode=0600 <(printf 'seven small seeds\n') /etc/hedgerow/passphrase
install -D /kept/passphrase.conf /etc/systemd/system/hedgerow.service.d/passphrase.conf
systemctl daemon-reload
systemctl start hedgerow
systemctl stop hedgerow
holds "keys with a passphrase are opened by the credential that systemd hands over"
holds "all of it holds"
