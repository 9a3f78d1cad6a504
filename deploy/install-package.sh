#!/bin/sh
# Installs a package of Watchkeeper on this host, tests it, and goes back to the package before if it does not work.
# Usage: install-package.sh [--no-way-back] [--token-file FILE] PACKAGE.deb
# Packages that work are kept in /var/cache/watchkeeper-deploy. --no-way-back: install although the package of the
# installed version is not there. FILE: see smoke.sh.
set -eu

KEPT=/var/cache/watchkeeper-deploy
CONFIG=/etc/watchkeeper/watchkeeper.toml
STATE=/var/lib/watchkeeper

fail() {
    echo "install-package.sh: $*" >&2
    exit 1
}

install_package() {
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends --allow-downgrades \
        --reinstall -o Dpkg::Options::=--force-confold "$1"
}

smoke() {
    # shellcheck disable=SC2086 # names of units have no spaces
    sh "$here/smoke.sh" ${token_file:+--token-file "$token_file"} $running
}

# A new version may have changed the schema of the data, which the one before then refuses.
back_up() {
    rm -rf "$backup"
    watchkeeper backup "$backup" --config "$CONFIG" --data-dir "$STATE"
}

start() {
    # shellcheck disable=SC2086
    systemctl reset-failed $running 2>/dev/null || true
    # shellcheck disable=SC2086
    systemctl restart $running
}

go_back() {
    echo "install-package.sh: $new does not work; going back to $old" >&2
    install_package "$previous" && start && smoke && return
    [ -e "$backup" ] || fail "$old does not work either; see: journalctl --unit 'watchkeeper*'"
    echo "install-package.sh: $old does not work on the data as it is; restoring the backup from before" >&2
    # shellcheck disable=SC2086
    systemctl stop $running
    watchkeeper restore "$backup" --data-dir "$STATE" --force
    start
    smoke || fail "$old does not work either; see: journalctl --unit 'watchkeeper*'"
}

has_way_back=yes
token_file=
while [ $# -gt 1 ]; do
    case $1 in
        --no-way-back) has_way_back=no ;;
        --token-file) token_file=$2; shift ;;
        *) fail "unknown argument: $1" ;;
    esac
    shift
done
package=$(realpath -- "${1:?PACKAGE.deb is missing}")
[ "$(id -u)" = 0 ] || fail "run this as root"
here=$(cd "$(dirname "$0")" && pwd)
new=$(dpkg-deb --field "$package" Version)
old=$(dpkg-query --show --showformat='${db:Status-Status} ${Version}\n' watchkeeper 2>/dev/null | sed -n 's/^installed //p')
previous=$KEPT/watchkeeper_$old.deb
backup=$KEPT/backup
running=$(systemctl list-units --plain --no-legend --state=active watchkeeper-up.service 'watchkeeper@*.service' |
    cut -d ' ' -f 1 | tr '\n' ' ')

mkdir -p "$KEPT"
chmod 700 "$KEPT"
rm -rf "$backup"
if [ -z "$old" ]; then
    has_way_back=no
elif [ "$has_way_back" = yes ]; then
    [ -e "$previous" ] || fail "there is no way back: put the package of version $old at $previous, or use --no-way-back"
    case $running in
        *watchkeeper-up.service*) back_up ;;
    esac
fi
if install_package "$package" && smoke; then
    find "$KEPT" -name 'watchkeeper_*.deb' ! -path "$previous" -delete
    cp "$package" "$KEPT/watchkeeper_$new.deb"
    rm -rf "$backup"
    echo "install-package.sh: $new works"
elif [ "$has_way_back" = yes ]; then
    go_back
    fail "$new does not work; $old is back, and works"
else
    fail "$new does not work, and there is nothing to go back to"
fi
