#!/bin/bash
# clean.sh: removes PLUGIN with its state from the engine, if one answers and has it, then what was built here. What
# was downloaded stays: build/cache (Debian packages), build/engines (roots for tests), build/tools (docker client).
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."
: "${PLUGIN:?}"

if command -v docker >/dev/null && docker plugin inspect "$PLUGIN" >/dev/null 2>&1; then
  docker plugin rm --force "$PLUGIN"
fi
for engine in build/engine-state/*; do
  [ -d "$engine" ] || continue
  scripts/engine.sh stop "${engine##*/}"
done
rm -rf build/plugin build/plugin-app build/drawbridge build/rootfs-manifest.txt build/test-reports build/engine-state
