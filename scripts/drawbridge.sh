#!/bin/sh
# drawbridge: security groups, endpoints and addresses of the Drawbridge network plugin. "drawbridge --help" says more.
#
# A host needs nothing but this file and the plugin: the command and the Node that runs it lie in the root file system
# of the installed plugin, so the two are always of one version.
#
#   DRAWBRIDGE_ROOTFS=DIR   run the command of this root file system
#   DOCKER_ROOT=DIR         where the engine keeps its data, if that is not /var/lib/docker and it cannot be asked
set -eu

sockets=/run/docker/plugins
loader=usr/lib64/ld-linux-x86-64.so.2
command=app/cli.js

fail() {
  echo "drawbridge: $1" >&2
  exit 1
}

main() {
  rootfs=${DRAWBRIDGE_ROOTFS:-}
  [ -n "$rootfs" ] || find_rootfs "$@"
  [ -f "$rootfs/$command" ] || fail "$rootfs has no $command: it is not the root file system of a Drawbridge plugin"
  # By its own loader and libraries: those of the host may be older, or of another kind.
  exec "$rootfs/$loader" --library-path "$rootfs/usr/lib/x86_64-linux-gnu" "$rootfs/usr/bin/node" "$rootfs/$command" "$@"
}

find_rootfs() {
  socket=$(socket_named "$@")
  root=${DOCKER_ROOT:-/var/lib/docker}
  rootfs=$(rootfs_below "$root/plugins" "$socket")
  # The engine is asked last: that takes time, and one that hangs would take for ever.
  if [ -z "$rootfs" ] && [ -z "${DOCKER_ROOT:-}" ] && told=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null); then
    root=$told
    rootfs=$(rootfs_below "$root/plugins" "$socket")
  fi
  [ -n "$rootfs" ] || fail "no plugin with this command below $root/plugins: is Drawbridge installed (docker plugin ls), and are you root?"
}

# The socket that the command will use, if it is told.
socket_named() {
  named=${DRAWBRIDGE_SOCKET:-}
  before=
  for word in "$@"; do
    case $word in --socket=*) named=${word#--socket=} ;; esac
    [ "$before" != --socket ] || named=$word
    before=$word
  done
  echo "$named"
}

# rootfs_below DIRECTORY SOCKET: of the plugins that have the command that of SOCKET, else one that is enabled, else any.
rootfs_below() {
  wanted=${2#"$sockets/"}
  wanted=${wanted%%/*}
  best=
  for found in "$1"/*/rootfs; do
    [ -f "$found/$command" ] || continue
    id=$(basename "$(dirname "$found")")
    if [ "$id" = "$wanted" ]; then best=$found; break; fi
    if [ -z "$best" ] || [ -S "$sockets/$id/drawbridge.sock" ]; then best=$found; fi
  done
  echo "$best"
}

main "$@"
