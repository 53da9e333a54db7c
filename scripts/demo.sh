#!/bin/bash
# demo.sh: shows the plugin at work, each command as it is run, and removes all of it again.
#
# On the engine at DOCKER_HOST (or the usual socket) if one answers and runs no Drawbridge; else on an engine of its
# own, in namespaces of its own. Needs build/plugin, which `make demo` builds first.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."

PLUGIN=drawbridge/demo:latest
IMAGE=drawbridge-demo:latest
NETWORK=drawbridge-demo
FIRST=drawbridge-demo-first
SECOND=drawbridge-demo-second
ENGINE=demo-$$ # of scripts/engine.sh
SUITE=trixie
scratch=$(mktemp -d)
own_engine=

main() {
  trap clean_up EXIT
  trap 'exit 130' INT TERM
  choose_engine
  install_plugin
  make_image
  make_network
  show_name_and_page
  say 'That is all. Removing what this demo has made.'
}

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# Shows a command as one would type it, then runs it.
run() {
  printf '$ %s\n' "${*@Q}" | sed -E "s/'([A-Za-z0-9_@%+=:,.\/-]+)'/\1/g"
  "$@"
}

# Two Drawbridges on one host would each tidy away the other's bridges; so the demo never joins another.
choose_engine() {
  if docker version >/dev/null 2>&1; then
    if ! runs_drawbridge; then
      say "Using the engine at ${DOCKER_HOST:-its usual place}."
      return
    fi
    say 'The engine at hand runs a Drawbridge already, which is left alone.'
  fi
  [ "$(id -u)" = 0 ] || { echo 'demo: no engine answers, and starting one needs root' >&2; exit 1; }
  say "Starting an engine for this demo alone (the first time its files are fetched, which takes a minute)."
  own_engine=yes
  run scripts/engine.sh start "$ENGINE" "$SUITE" | tee "$scratch/started"
  DOCKER_HOST=$(sed -n 's/^DOCKER_HOST=//p' "$scratch/started")
  export DOCKER_HOST
}

runs_drawbridge() {
  local plugins
  plugins=$(docker plugin ls --quiet --filter enabled=true)
  # shellcheck disable=SC2086 # one argument each
  [ -n "$plugins" ] && docker plugin inspect --format '{{.Config.Interface.Socket}}' $plugins | grep -qx drawbridge.sock
}

install_plugin() {
  say 'The plugin becomes known to the engine, and starts.'
  run docker plugin create "$PLUGIN" build/plugin
  run docker plugin enable "$PLUGIN"
  run docker plugin ls
}

make_image() {
  local applet
  say 'An image for the containers: one static busybox.'
  mkdir -p "$scratch/image"/{bin,www}
  cp "$(command -v busybox)" "$scratch/image/bin/busybox"
  for applet in sh ping wget httpd sleep; do ln -s busybox "$scratch/image/bin/$applet"; done
  echo 'Hello from across the drawbridge.' >"$scratch/image/www/index.html"
  tar -C "$scratch/image" -cf "$scratch/image.tar" .
  run docker import --change 'ENV PATH=/bin' "$scratch/image.tar" "$IMAGE"
}

make_network() {
  say 'A network: the plugin makes the bridge (-d) and hands out the addresses (--ipam-driver).'
  run docker network create -d "$PLUGIN" --ipam-driver "$PLUGIN" "$NETWORK"
  say 'Two containers on it. The first one serves a page.'
  run docker run --detach --name "$FIRST" --network "$NETWORK" "$IMAGE" httpd -f -h /www
  run docker run --detach --name "$SECOND" --network "$NETWORK" "$IMAGE" sleep 3600
  run docker network inspect --format '{{range .Containers}}{{println .Name .IPv4Address}}{{end}}' "$NETWORK"
}

show_name_and_page() {
  say 'The second finds the first by its name, and fetches the page.'
  run docker exec "$SECOND" ping -c 2 "$FIRST"
  run docker exec "$SECOND" wget -q -O - "http://$FIRST/"
}

# Runs whatever happened.
clean_up() {
  local status=$?
  trap - EXIT INT TERM
  if [ -n "$own_engine" ]; then
    [ "$status" = 0 ] || tail -n 30 "$(scripts/engine.sh path "$ENGINE")/dockerd.log" || true
    run scripts/engine.sh stop "$ENGINE" || status=1
  else
    remove_all || status=1
  fi
  rm -rf "$scratch"
  [ "$status" = 0 ] || say 'The demo has FAILED; what went wrong is above.'
  exit "$status"
}

# The names are the demo's own: what is left of one that was killed goes as well.
remove_all() {
  local ok=0
  remove_if container "$FIRST" --force || ok=1
  remove_if container "$SECOND" --force || ok=1
  remove_if network "$NETWORK" || ok=1
  remove_if image "$IMAGE" || ok=1
  remove_if plugin "$PLUGIN" --force || ok=1
  return "$ok"
}

remove_if() { # KIND NAME OPTION...
  docker "$1" inspect "$2" >/dev/null 2>&1 || return 0
  run docker "$1" rm "${@:3}" "$2"
}

main
