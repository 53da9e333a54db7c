# shellcheck shell=bash
# Which Debian packages the root file system is taken from, and where they come from.

SUITE=bookworm
PACKAGES=(
  iproute2 iptables ipset nftables conntrack # the programs
  ulogd2 ulogd2-json                         # reads the packets that rules report
  netbase                                    # /etc/protocols and /etc/services, so that rules may say "tcp"
  libstdc++6                                 # Node's only library besides glibc
)
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Prints the directory with the packages' files, unpacked and unconfigured; makes it when CACHE has none.
# The cache is keyed by what was asked for, so a changed list is never answered from an old tree. `make clean`
# keeps it; removing build/cache is how to get Debian's latest security updates.
unpacked_packages() {
  local cache=$1 key tree
  key=$(printf '%s\n' "$SUITE" "${PACKAGES[@]}" | sha256sum | cut -c1-12)
  tree=$cache/$SUITE-$key
  [ -e "$tree.versions" ] || unpack_into "$tree"
  echo "$tree"
}

# --variant=extract runs no maintainer script: nothing of this machine can leak into the tree.
unpack_into() {
  local tree=$1 options include
  options=$(mktemp)
  machine_apt_options >"$options"
  include=$(IFS=,; echo "${PACKAGES[*]}")
  rm -rf "$tree" "$tree.versions"
  mkdir -p "$(dirname "$tree")"
  # The versions are read before mmdebstrap throws the downloaded archives away, and put in place last: their
  # presence says that the tree is complete.
  # shellcheck disable=SC2016 # the dollars are for the shell that runs the hook
  debian_sources | VERSIONS=$tree.unfinished mmdebstrap --quiet --mode=root --variant=extract --include="$include" \
    --aptopt="$options" --aptopt='APT::Install-Recommends "false"' \
    --extract-hook='for deb in "$1"/var/cache/apt/archives/*.deb; do dpkg-deb --show "$deb"; done >"$VERSIONS"' \
    "$SUITE" "$tree" - >&2
  rm -f "$options"
  LC_ALL=C sort "$tree.unfinished" >"$tree.versions"
  rm -f "$tree.unfinished"
}

# The mirrors are this machine's own, whatever they are; the signatures are Debian's.
debian_sources() {
  local main security
  main=$(mirror_of main)
  security=$(mirror_of security)
  [ -n "$main" ] || { echo 'apt knows no Debian mirror: run apt-get update, or see /etc/apt/sources.list.d' >&2; return 1; }
  echo "deb [signed-by=$KEYRING] $main $SUITE main"
  [ -z "$security" ] || echo "deb [signed-by=$KEYRING] $security $SUITE-security main"
}

mirror_of() { # main or security
  # shellcheck disable=SC2016 # the dollars are apt's and awk's
  apt-get indextargets --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' | awk -v wanted="$1" '
    $1 != "main" { next }
    { kind = $2 ~ /-security$/ ? "security" : $2 ~ /-/ ? "other" : "main" }
    kind == wanted && !seen++ { print $3 }'
}

# How this machine reaches a mirror (proxies, how old a release file may be) is its owner's decision, not ours.
machine_apt_options() {
  apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-Valid-Until|Check-Date)\b' || true
}
