#!/bin/bash
# Runs Debian's Docker Engine of any suite beside whatever this machine runs, for tests and for `make demo`.
#
#   engine.sh build SUITE                 make the root of bookworm (20.10), trixie (26.1) or sid (moves), once; prints
#                                         the version of its engine
#   engine.sh start NAME SUITE [--bind FROM:TO]... [DOCKERD_ARG...]
#                                         start an engine, with the data it had if it was stopped with --keep: then this
#                                         is a host that has booted again; prints DOCKER_HOST=unix://...
#   engine.sh kill  NAME [SIGNAL]         signal dockerd alone and wait until it has ended
#   engine.sh again NAME [DOCKERD_ARG...] start dockerd again where it was killed
#   engine.sh sh    NAME COMMAND...       run a command of the engine's root, in all of its namespaces
#   engine.sh net   NAME COMMAND...       run a command of this machine in the engine's network namespace
#   engine.sh box   NAME SANDBOX COMMAND...
#                                         run a command of this machine in a container's network namespace, given as
#                                         NetworkSettings.SandboxKey; needs no living dockerd
#   engine.sh ext   NAME COMMAND...       run a command of this machine in the outside world
#   engine.sh addr  NAME                  the engine's addresses as the outside world sees them, IPv4 and IPv6
#   engine.sh path  NAME                  short path of its state: lib/ (/var/lib/docker), run/, dockerd.log, init.pid
#   engine.sh stop  NAME [--keep]         end all of its processes and, without --keep, remove its data
#
# An engine lives in mount, network, pid, ipc and uts namespaces of its own. Its uplink up0 leads to a second network
# namespace, the outside world, which has no route to any container. Needs root and mmdebstrap; no systemd.
set -euo pipefail

here=$(dirname "$(dirname "$(realpath "$0")")")
roots=$here/build/engines
engines=${DRAWBRIDGE_ENGINES:-$here/build/engine-state}

fail() { echo "engine.sh: $*" >&2; exit 1; }

# --- names and processes ---------------------------------------------------------------------------------------------

state() { echo "$engines/$1"; }

# Distinguishes engines of the same name in two checkouts.
id() { state "$1" | cksum | cut -d' ' -f1; }

# A socket's path must be shorter than 108 bytes, and a checkout's own path may be longer: hence a link to the state.
short() { echo "/tmp/db-$(id "$1")"; }
outside() { echo "db-$(id "$1")-ext"; }

# Ticks between boot and the start of a process: with them a pid can be told from a later process that got the same.
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

remember() { echo "$2 $(started "$2")" >"$(state "$1")/$3.pid"; }

alive() { # NAME WHAT
  local pid ticks
  read -r pid ticks 2>/dev/null <"$(state "$1")/$2.pid" || return 1
  [ -n "$ticks" ] && [ "$(started "$pid")" = "$ticks" ]
}

init() { # the pid of the engine's first process
  alive "$1" init || fail "engine $1 does not run"
  cut -d' ' -f1 "$(state "$1")/init.pid"
}

wait_until_gone() { # NAME WHAT TENTHS
  local n
  for ((n = 0; n < $3; n++)); do
    alive "$1" "$2" || return 0
    sleep 0.1
  done
  fail "$2 of engine $1 has not ended after $(($3 / 10)) s"
}

# --- build -----------------------------------------------------------------------------------------------------------

# The mirror that this machine itself installs from.
mirror() {
  apt-get indextargets --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' |
    awk '$1 == "main" && $2 !~ /-/ { print $3; exit }'
}

build() { # SUITE
  local suite=$1 root=$roots/$1 packages=docker.io,iptables,iproute2,procps,mount
  [ -d "$root" ] && return
  # Up to bookworm docker.io held the client as well.
  [ "$suite" = bookworm ] || packages=$packages,docker-cli
  mkdir -p "$roots"
  rm -rf "$root.new"
  # The moving suite's index may be past its date on a mirror that lags.
  mmdebstrap --quiet --variant=apt --include="$packages" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$root.new" \
    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $suite main" >&2
  mv "$root.new" "$root"
}

# --- start -----------------------------------------------------------------------------------------------------------

# The first process inside: prepares the root and stays as the reaper, so that dockerd can be killed and started again.
# A fresh network namespace may inherit forwarding from the host: switched off, dockerd switches it on and sets
# FORWARD's policy to DROP, as on a real host.
first_process='
  set -e; root=$1 state=$2 name=$3; shift 3
  mount --bind "$root" "$root"; cd "$root"
  mount -t proc proc proc; mount -t sysfs sysfs sys; mount --rbind /dev dev
  if mountpoint -q /sys/fs/cgroup; then mount --rbind /sys/fs/cgroup sys/fs/cgroup
  else mount -t cgroup2 cgroup2 sys/fs/cgroup; fi
  mount -t tmpfs tmpfs tmp; mount --bind "$state/run" run
  mkdir -p var/lib/docker; mount --bind "$state/lib" var/lib/docker
  for bind in "$@"; do
    if [ ! -e ".${bind#*:}" ]; then
      if [ -d "${bind%%:*}" ]; then mkdir -p ".${bind#*:}"; else touch ".${bind#*:}"; fi
    fi
    mount --bind "${bind%%:*}" ".${bind#*:}"
  done
  hostname "$name"; ip link set lo up
  echo 0 >proc/sys/net/ipv4/ip_forward; echo 0 >proc/sys/net/ipv6/conf/all/forwarding
  mkdir -p .old; pivot_root . .old; umount -l /.old
  exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    sh -c "echo >/run/.ready; trap : TERM; while :; do sleep 1000 & wait; done"
'

start_namespaces() { # NAME SUITE FROM:TO...
  local name=$1 suite=$2 state unshare n
  state=$(state "$name")
  shift 2
  unshare --mount --net --pid --ipc --uts --propagation private --fork \
    sh -c "$first_process" init "$roots/$suite" "$state" "$name" "$@" </dev/null >>"$state/dockerd.log" 2>&1 &
  unshare=$!
  disown
  remember "$name" "$unshare" unshare
  for ((n = 0; n < 100; n++)); do
    [ -e "$state/run/.ready" ] && break
    sleep 0.05
  done
  [ -e "$state/run/.ready" ] || fail "no namespaces for engine $name: $(tail -n 5 "$state/dockerd.log")"
  remember "$name" "$(tr -d ' ' <"/proc/$unshare/task/$unshare/children")" init
}

start_uplink() { # NAME
  local init ext
  init=$(init "$1")
  ext=$(outside "$1")
  ip netns add "$ext"
  ip link add up0 netns "$ext" type veth peer name up0 netns "$init"
  ip -n "$ext" link set lo up
  ip -n "$ext" address add 192.0.2.2/24 dev up0
  ip -n "$ext" address add 2001:db8::2/64 dev up0 nodad
  ip -n "$ext" link set up0 up
  nsenter -t "$init" -n sh -e -c '
    ip address add 192.0.2.1/24 dev up0
    ip address add 2001:db8::1/64 dev up0 nodad
    ip link set up0 up
    ip route add default via 192.0.2.2
    ip -6 route add default via 2001:db8::2'
}

# Becomes the command, so that who ends this process ends that; call it in a subshell to come back.
inside() { # NAME COMMAND...
  local init
  init=$(init "$1")
  shift
  exec nsenter -t "$init" -m -n -p -i -u --root --wd env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}

start_dockerd() { # NAME DOCKERD_ARG...
  local name=$1 state n
  state=$(state "$name")
  shift
  # What a killed dockerd leaves would be taken for a running one.
  rm -f "$state/run/docker.sock" "$state/run/docker.pid" "$state/run/docker/containerd/containerd.pid"
  inside "$name" sh -c 'echo $$ >/run/dockerd.pid; exec dockerd --data-root /var/lib/docker \
    -H unix:///run/docker.sock --pidfile /run/docker.pid "$@"' dockerd "$@" </dev/null >>"$state/dockerd.log" 2>&1 &
  disown
  remember "$name" $! dockerd
  for ((n = 0; n < 600; n++)); do
    alive "$name" dockerd || fail "dockerd of engine $name has ended: $(tail -n 20 "$state/dockerd.log")"
    # The client waits until the daemon has restored its containers.
    if [ -S "$state/run/docker.sock" ] && (inside "$name" docker version >/dev/null 2>&1); then
      echo "DOCKER_HOST=unix://$(short "$name")/run/docker.sock"
      return
    fi
    sleep 0.1
  done
  fail "dockerd of engine $name does not answer"
}

start() { # NAME SUITE [--bind FROM:TO]... [DOCKERD_ARG...]
  local name=$1 suite=$2 state binds=()
  state=$(state "$name")
  shift 2
  while [ "${1:-}" = --bind ]; do
    binds+=("$2")
    shift 2
  done
  alive "$name" init && fail "engine $name runs already"
  build "$suite"
  mkdir -p "$state"/{lib,run}
  ln -sfn "$state" "$(short "$name")"
  : >>"$state/dockerd.log"
  start_namespaces "$name" "$suite" "${binds[@]}"
  start_uplink "$name"
  start_dockerd "$name" "$@"
}

# --- stop ------------------------------------------------------------------------------------------------------------

# Control groups outlive the processes that were killed in them.
remove_cgroups() { # STATE
  local each
  for each in "$1"/lib/containers/* "$1"/lib/plugins/*; do
    find /sys/fs/cgroup -depth -type d -path "*/${each##*/}*" -exec rmdir {} + 2>/dev/null || true
  done
}

stop() { # NAME [--keep]
  local name=$1 state
  state=$(state "$name")
  # With the first process of a pid namespace the kernel ends all others.
  if alive "$name" init; then kill -KILL "$(init "$name")"; fi
  wait_until_gone "$name" unshare 100
  ip netns delete "$(outside "$name")" 2>/dev/null || true
  remove_cgroups "$state"
  # What a real host has in memory only.
  rm -rf "$state/run"
  [ "${2:-}" = --keep ] || rm -rf "$state" "$(short "$name")"
}

# ---------------------------------------------------------------------------------------------------------------------

[ $# -ge 2 ] || fail "usage: see the top of $0"
verb=$1
name=$2
shift 2
case $verb in
  build)
    build "$name"
    chroot "$roots/$name" dockerd --version | sed 's/.*version \([0-9.]*\).*/\1/'
    ;;
  start) start "$name" "$@" ;;
  again) start_dockerd "$name" "$@" ;;
  kill)
    (inside "$name" sh -c 'kill -"$1" "$(cat /run/dockerd.pid)"' kill "${1:-TERM}")
    wait_until_gone "$name" dockerd 400
    ;;
  sh) inside "$name" "$@" ;;
  net) init=$(init "$name") && exec nsenter -t "$init" -n "$@" ;;
  # A link of the root that leads to /run would lead to this machine's: hence without /var.
  box) init=$(init "$name") && sandbox=${1#/var} && shift && exec nsenter --net="/proc/$init/root$sandbox" "$@" ;;
  ext) exec ip netns exec "$(outside "$name")" "$@" ;;
  addr) echo 192.0.2.1 2001:db8::1 ;;
  path) short "$name" ;;
  stop) stop "$name" "$@" ;;
  *) fail "no verb \"$verb\"; see the top of $0" ;;
esac
