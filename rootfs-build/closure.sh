# shellcheck shell=bash
# What goes into the root file system: the named programs, and every library that they ask for.

LIBRARIES=/usr/lib/x86_64-linux-gnu

# Debian 12 packages still name /bin and /lib; in the rootfs, as on an installed system, those are links into /usr.
# The engine mounts on /proc /sys /dev /run/docker/plugins, and our config.json on /data and /host/proc-sys-net.
make_skeleton() {
  local root=$1 link
  mkdir -p "$root"/{app,data,dev,etc,proc,run/docker/plugins,sys,tmp,var} "$root"/host/proc-sys-net \
    "$root"/usr/{bin,sbin,lib64} "$root$LIBRARIES"
  for link in bin sbin lib lib64; do ln -s "usr/$link" "$root/$link"; done
  ln -s ../run "$root/var/run"
}

install_programs() {
  local packages=$1 root=$2 program
  for program in /bin/ip /sbin/bridge /usr/sbin/{ipset,nft,conntrack,ulogd,xtables-nft-multi,xtables-legacy-multi}; do
    install -D "$packages$program" "$root$(in_usr "$program")"
  done
  link_iptables "$root"
  # iptables loads a match or a target by name from here when a rule uses it.
  cp -a "$packages$LIBRARIES/xtables" "$root$LIBRARIES/"
  install_ulogd_modules "$packages" "$root"
}

# Those that src/kernel/packet-reports.ts names.
install_ulogd_modules() {
  local packages=$1 root=$2 module
  for module in inppkt_NFLOG raw2packet_BASE filter_IFINDEX filter_IP2STR output_JSON; do
    install -D -m 644 "$packages$LIBRARIES/ulogd/ulogd_$module.so" -t "$root$LIBRARIES/ulogd"
  done
}

# One binary for each back end, called by many names; a host that uses either is served by the one that it uses.
link_iptables() {
  local root=$1 family action
  for family in iptables ip6tables; do
    for action in '' -save -restore; do
      ln -s xtables-nft-multi "$root/usr/sbin/$family-nft$action"
      ln -s xtables-legacy-multi "$root/usr/sbin/$family-legacy$action"
      ln -s "$family-nft$action" "$root/usr/sbin/$family$action"
    done
  done
}

# The names that the programs print and accept, the same as on a Debian host.
install_settings() {
  local packages=$1 root=$2
  cp -a "$packages"/etc/{iproute2,protocols,services,ethertypes} "$root/etc/"
}

install_node() {
  local node=$1 root=$2
  strip --strip-all -o "$root/usr/bin/node" "$node"
}

# Adds what the files in ROOT need, then what those need, until nothing is missing.
install_libraries() {
  local packages=$1 root=$2 name added=1
  while [ "$added" -gt 0 ]; do
    added=0
    while read -r name; do
      [ -e "$root$(place_of "$name")" ] && continue
      install -D "$(library "$packages" "$name")" "$root$(place_of "$name")"
      added=$((added + 1))
    done < <(needed_by "$root")
  done
}

needed_by() {
  find "$1/usr" -type f \( -perm /111 -o -name '*.so*' \) -exec readelf -d {} + 2>/dev/null |
    sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | LC_ALL=C sort -u
}

library() {
  local packages=$1 name=$2 directory
  for directory in /lib/x86_64-linux-gnu "$LIBRARIES" /lib64; do
    [ ! -e "$packages$directory/$name" ] || { realpath "$packages$directory/$name"; return; }
  done
  echo "no package of PACKAGES brings $name" >&2
  return 1
}

# Programs find their loader at the one path that is written into them.
place_of() {
  case $1 in
    ld-linux-*) echo "/usr/lib64/$1" ;;
    *) echo "$LIBRARIES/$1" ;;
  esac
}

in_usr() {
  case $1 in
    /usr/*) echo "$1" ;;
    *) echo "/usr$1" ;;
  esac
}
