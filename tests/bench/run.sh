#!/bin/sh
# Runs every benchmark; each adds its figures to OUT/bench.json.
# usage: run.sh OUT [RUNS]
set -eu
out=$1
runs=${2:-5}
rm -f "$out/bench.json"
printf 'vcosim %s, %s, %s cores, %s\n' "$(git describe --always --dirty 2>/dev/null || echo '?')" \
	"$(uname -m)" "$(nproc)" "$(gcc --version | head -n 1)"
for b in "$out"/bench/bench_*; do
	case $b in *.d | *.o) continue ;; esac
	"$b" "$out/bench.json" "$runs"
done
echo "wrote $out/bench.json"
