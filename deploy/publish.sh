#!/bin/sh
# Publishes the packages in a directory as the release of a tag on GitHub.
# Usage: publish.sh vVERSION DIR
set -eu

tag=${1:?vVERSION is missing}
dir=${2:?DIR is missing}
here=$(cd "$(dirname "$0")" && pwd)
version=${tag#v}

fail() {
    echo "publish.sh: $*" >&2
    exit 1
}

# A tag on a commit that has another version would publish that version under the wrong name.
archive=$dir/watchkeeper-$version-x86_64-linux.tar.gz
[ -e "$archive" ] || fail "$archive is not there: does Cargo.toml have the version of the tag $tag?"
notes=$(sed -n "/^## \[$version\]/,/^## \[/p" "$here/../CHANGELOG.md" | sed '/^## \[/d')
[ -n "$notes" ] || fail "CHANGELOG.md has no section [$version]"
cd "$dir"
sha256sum -- *.deb *.tar.gz >SHA256SUMS
case $version in
    *-*) prerelease=--prerelease ;;
    *) prerelease= ;;
esac
printf '%s\n' "$notes" | gh release create "$tag" --verify-tag --title "Watchkeeper $version" --notes-file - \
    $prerelease -- *.deb *.tar.gz SHA256SUMS
