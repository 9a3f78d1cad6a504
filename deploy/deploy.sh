#!/bin/sh
# Deploys a package of Watchkeeper to a host, by SSH as root; see install-package.sh, which does it there.
# Usage: deploy.sh HOST PACKAGE.deb [ARGUMENT OF install-package.sh...]
set -eu

host=${1:?HOST is missing}
package=${2:?PACKAGE.deb is missing}
shift 2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$package" "$work/watchkeeper.deb"
cp "$here/install-package.sh" "$here/smoke.sh" "$work"
# One connection: a host may ask for a touch of a key for each.
# shellcheck disable=SC2029 # the arguments are for the host
tar -C "$work" -c . | ssh "root@$host" "set -eu
    dir=\$(mktemp -d)
    trap 'rm -rf \"\$dir\"' EXIT
    tar -C \"\$dir\" -x
    sh \"\$dir/install-package.sh\" $* \"\$dir/watchkeeper.deb\""
