#!/bin/sh
# Deploys a NixOS configuration to a host, tests it, and goes back to the generation before if it does not work.
# Usage: nixos.sh HOST FLAKE#NAME
set -eu

host=${1:?HOST is missing}
flake=${2:?FLAKE#NAME is missing}
here=$(cd "$(dirname "$0")" && pwd)

smoke() {
    # shellcheck disable=SC2029 # the variable of this side is for the host
    ssh "root@$host" "${WATCHKEEPER_READYZ:+WATCHKEEPER_READYZ='$WATCHKEEPER_READYZ'} sh -s" <"$here/smoke.sh"
}

nixos-rebuild switch --flake "$flake" --target-host "root@$host" && smoke && exit
echo "nixos.sh: $flake does not work on $host; going back to the generation before" >&2
nixos-rebuild switch --rollback --target-host "root@$host"
smoke || { echo "nixos.sh: the generation before does not work either" >&2; exit 1; }
echo "nixos.sh: $flake does not work; the generation before is back, and works" >&2
exit 1
