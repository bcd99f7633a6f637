#!/bin/sh
# Runs a node peer from the build folder, where node_modules lies. Usage: ./js.sh node-datachannel|wrtc args...
here=$(cd "$(dirname "$0")" && pwd)
out=${PEERS_BUILD:-${TMPDIR:-/tmp}/peers-build}/node
mkdir -p "$out"
for d in node-datachannel wrtc; do mkdir -p "$out/$d"; cp "$here/$d"/*.mjs "$out/$d/" 2>/dev/null; done
cp "$here/common.mjs" "$here/package.json" "$out/"
[ -d "$out/node_modules" ] || (cd "$out" && npm install)
peer=$1; shift
exec "$here/lo.sh" node --expose-gc "$out/$peer/bench.mjs" "$@"
