#!/bin/sh
# Tests whether units of Watchkeeper work on this host: they are active, and ready to serve.
# Usage: smoke.sh [--token-file FILE] [UNIT...]
# Without UNIT: those that are enabled. The file has a token of the scope `read`, which /readyz needs if there are tokens.
# WATCHKEEPER_READYZ has the URLs to ask, if units listen elsewhere than by default; WATCHKEEPER_READY_WITHIN the seconds to
# wait for each of them, by default 60: an engine that restarts takes its time.
set -eu

# Seconds between two requests.
DELAY=2
within=${WATCHKEEPER_READY_WITHIN-60}

fail() {
    echo "smoke.sh: $*" >&2
    exit 1
}

# The names of the units that are to run.
enabled() {
    systemctl list-unit-files --plain --no-legend --state=enabled,enabled-runtime watchkeeper-up.service |
        cut -d ' ' -f 1
    ls /etc/systemd/system/watchkeeper.target.wants 2>/dev/null || true
}

# readyz UNIT: where it listens by default.
readyz() {
    [ "$1" != watchkeeper-up.service ] || { echo http://127.0.0.1:8460/readyz; return; }
    instance=${1#watchkeeper@}
    instance=${instance%.service}
    role=${instance%-[2-9]}
    port=$(watchkeeper roles | awk -v role="$role" '$1 == role { print $2 }')
    case $instance in
        *-[2-9]) port=$((port + 100 * (${instance##*-} - 1))) ;;
    esac
    echo "http://127.0.0.1:$port/readyz"
}

# ask URL: waits until it is ready. The token is in no command line.
ask() {
    { [ -z "$token_file" ] || printf 'header = "Authorization: Bearer %s"\n' "$(cat "$token_file")"; } |
        curl --config - --silent --show-error --fail --max-time 10 --output /dev/null \
            --retry $((within / DELAY)) --retry-delay "$DELAY" --retry-all-errors --retry-max-time "$within" "$1" ||
        fail "$1 is not ready within $within s"
}

token_file=
if [ "${1-}" = --token-file ]; then
    token_file=${2:?}
    shift 2
fi
# shellcheck disable=SC2046 # names of units have no spaces
[ $# -gt 0 ] || set -- $(enabled)
[ $# -gt 0 ] || fail "no unit of Watchkeeper is enabled on this host"
for unit in "$@"; do
    state=$(systemctl is-active "$unit") || fail "$unit is $state; see: journalctl --unit $unit"
    [ -n "${WATCHKEEPER_READYZ-}" ] || ask "$(readyz "$unit")"
done
for url in ${WATCHKEEPER_READYZ-}; do
    ask "$url"
done
echo "ready: $*"
