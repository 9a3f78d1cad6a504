#!/bin/sh
# Installs Watchkeeper from the directory of this script, or removes it. Needs no network.
set -eu

usage() {
    cat <<'USAGE'
Usage: install.sh [--prefix DIR] [--no-start]
       install.sh --uninstall [--purge] [--prefix DIR]

Installs the executable, units, manual pages, completions and documents below
DIR (/usr/local), and the configuration in /etc/watchkeeper. The first time it
enables and starts watchkeeper-up.service. Later it upgrades: it restarts what
runs, and keeps the configuration.

  --prefix DIR   where to install to, or what to remove
  --no-start     do not enable and start watchkeeper-up.service
  --uninstall    stop and remove everything but configuration and data
  --purge        remove /etc/watchkeeper and /var/lib/watchkeeper, too
USAGE
}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

prefix=/usr/local
action=install
start=yes
purge=no
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) [ $# -gt 1 ] || fail "--prefix needs a directory"; prefix=$2; shift ;;
        --prefix=*) prefix=${1#--prefix=} ;;
        --no-start) start=no ;;
        --uninstall) action=uninstall ;;
        --purge) purge=yes ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "unknown argument: $1" ;;
    esac
    shift
done
prefix=${prefix%/}
case $prefix in
    /*) ;;
    *) fail "--prefix $prefix: needs an absolute path" ;;
esac
case $prefix in
    *[!A-Za-z0-9/._+-]*) fail "--prefix $prefix: a path in a unit has letters, digits and / . _ + - only" ;;
esac
[ "$action" = uninstall ] || [ "$purge" = no ] || fail "--purge needs --uninstall"
[ "$(id -u)" = 0 ] || fail "run this as root"

here=$(cd "$(dirname "$0")" && pwd)
kept=$prefix/share/watchkeeper
manifest=$kept/files
# Where systemd looks without being told: systemd.unit(5), sysusers.d(5), tmpfiles.d(5).
case $prefix in
    /usr | /usr/local) config=$prefix/lib units=$prefix/lib/systemd/system ;;
    *) config=/etc units=/etc/systemd/system ;;
esac

# Whether systemd is PID 1; in a chroot or an image under construction it is not.
booted() {
    [ -d /run/systemd/system ]
}

# The version of systemd: 252.
systemd_version() {
    systemctl --version | sed -n 's/^systemd \([0-9]*\).*/\1/p'
}

# Roles that run, by their units.
active_roles() {
    systemctl list-units --plain --no-legend 'watchkeeper@*.service' | cut -d ' ' -f 1
}

check_machine() {
    archive=$(basename "$here" | sed -n 's/.*-\([a-z0-9_]*\)-linux$/\1/p')
    [ -z "$archive" ] || [ "$archive" = "$(uname -m)" ] ||
        fail "this archive is for $archive, and this machine is $(uname -m)"
    command -v systemctl >/dev/null 2>&1 || fail "there is no systemctl: Watchkeeper is installed as units of systemd"
    version=$(systemd_version)
    [ "${version:-0}" -ge 252 ] || fail "systemd ${version:-of unknown version} is too old: 252 or later is needed"
    problem=$("$here/bin/watchkeeper" --version 2>&1 >/dev/null) ||
        fail "the executable does not run here: $problem
It needs glibc and OpenSSL 3 (libssl.so.3), as new as those of Debian 12."
    for dir in /usr/lib/systemd/system /lib/systemd/system /usr/local/lib/systemd/system /etc/systemd/system; do
        unit=$dir/watchkeeper-up.service
        if [ -e "$unit" ] && ! grep -qsxF "$unit" "$manifest"; then
            fail "$unit is there already, and not from --prefix $prefix: remove that package or installation first"
        fi
    done
}

# put MODE FROM TO: installs a file, and lists it. A new file takes the old one's place at once, so that a running
# executable can be replaced.
put() {
    mkdir -p "$(dirname "$3")"
    cp "$2" "$3.new"
    chmod "$1" "$3.new"
    mv -f "$3.new" "$3"
    echo "$3" >>"$manifest.new"
}

install_files() {
    mkdir -p "$kept"
    : >"$manifest.new"
    version=$(systemd_version)
    (cd "$here" && find bin lib share -type f) | sort >"$kept/found"
    while read -r file; do
        case $file in
            bin/*) put 755 "$here/$file" "$prefix/$file" ;;
            */backoff.conf) [ "$version" -lt 254 ] || put 644 "$here/$file" "$units/${file#lib/systemd/system/}" ;;
            lib/systemd/system/*)
                sed "s|/usr/bin/watchkeeper|$prefix/bin/watchkeeper|g" "$here/$file" >"$kept/unit"
                put 644 "$kept/unit" "$units/${file#lib/systemd/system/}"
                ;;
            lib/sysusers.d/* | lib/tmpfiles.d/*) put 644 "$here/$file" "$config/${file#lib/}" ;;
            *) put 644 "$here/$file" "$prefix/$file" ;;
        esac
    done <"$kept/found"
    put 755 "$here/install.sh" "$kept/install.sh"
    rm -f "$kept/found" "$kept/unit"
    # What only the version before had.
    if [ -e "$manifest" ]; then
        grep -vxF -f "$manifest.new" "$manifest" | while read -r file; do rm -f "$file"; done
    fi
    mv -f "$manifest.new" "$manifest"
    if command -v restorecon >/dev/null 2>&1; then
        restorecon -R "$prefix/bin/watchkeeper" "$units" /etc/watchkeeper >/dev/null 2>&1 || true
    fi
}

install() {
    check_machine
    upgrade=no
    [ ! -e "$manifest" ] || upgrade=yes
    if [ "$upgrade" = no ]; then
        mkdir -p /etc/watchkeeper
        [ -e /etc/watchkeeper/watchkeeper.toml ] ||
            cp "$here/etc/watchkeeper.toml" /etc/watchkeeper/watchkeeper.toml
    fi
    install_files
    systemd-sysusers "$config/sysusers.d/watchkeeper.conf"
    systemd-tmpfiles --create "$config/tmpfiles.d/watchkeeper.conf"
    if booted; then
        systemctl daemon-reload
        start_or_restart
    elif [ "$upgrade" = no ] && [ "$start" = yes ]; then
        systemctl enable watchkeeper-up.service
    fi
    "$prefix/bin/watchkeeper" --version
}

start_or_restart() {
    if [ "$upgrade" = yes ]; then
        # In one step, not as stop and start: the listening sockets are in systemd's store of the running unit.
        # shellcheck disable=SC2046 # names of units have no spaces
        systemctl try-restart watchkeeper-up.service $(active_roles) ||
            fail "not every unit has restarted; see: systemctl status 'watchkeeper*'"
    elif [ "$start" = yes ]; then
        systemctl enable --now watchkeeper-up.service ||
            fail "watchkeeper-up has not started; see: journalctl --unit watchkeeper-up"
    fi
}

uninstall() {
    [ -e "$manifest" ] || fail "nothing from install.sh is below $prefix; see --prefix"
    if booted; then
        # shellcheck disable=SC2046
        systemctl stop watchkeeper-up.service watchkeeper.target $(active_roles)
    fi
    systemctl disable watchkeeper-up.service watchkeeper.target >/dev/null 2>&1 || true
    find /etc/systemd/system -maxdepth 2 -type l -lname "$units/watchkeeper*" -delete
    while read -r file; do rm -f "$file"; done <"$manifest"
    rm -f "$manifest"
    for dir in "$kept" "$prefix/share/doc/watchkeeper" "$units"/watchkeeper*.service.d; do
        [ ! -d "$dir" ] || find "$dir" -depth -type d -empty -delete
    done
    ! booted || systemctl daemon-reload
    if [ "$purge" = yes ]; then
        rm -rf /etc/watchkeeper /var/lib/watchkeeper /var/lib/private/watchkeeper /var/lib/watchkeeper.before-restore-*
        echo "Removed, with /etc/watchkeeper and /var/lib/watchkeeper. The system user 'watchkeeper' and the journal are kept."
    else
        echo "Removed. /etc/watchkeeper and /var/lib/watchkeeper are kept; --uninstall --purge removes them, too."
    fi
}

"$action"
