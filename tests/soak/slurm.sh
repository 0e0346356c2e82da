#!/bin/sh
# A regression on a Slurm cluster is the one on this machine: a real Slurm of one node with two
# slots, started here on loopback, as whoever runs this; all that it starts ends with it.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$here/lib/tap.sh"
vcosim=$VCOSIM_OUT/vcosim
PATH=$PATH:/usr/sbin
for program in munged slurmctld slurmd sbatch; do
	command -v $program >/dev/null || {
		echo "ok - on a cluster # SKIP no $program: munge, slurmctld, slurmd and slurm-client are Debian's"
		exit 0
	}
done
dir=$(mktemp -d)
mkdir "$dir/state" "$dir/spool" "$dir/munge"
daemons=
end() {
	[ -z "$daemons" ] || scancel --user="$(id -un)" 2>/dev/null
	[ -z "$daemons" ] || await idle
	for pid in $daemons; do kill "$pid" 2>/dev/null; done
	for pid in $daemons; do wait "$pid" 2>/dev/null; done
	rm -rf "$dir"
}
trap end EXIT
trap 'exit 1' INT TERM

# --- the cluster ------------------------------------------------------------------------------

node=$(hostname -s)
first=$((20000 + $$ % 20000 / 4 * 4)) # ports of this run's own
head -c 1024 /dev/urandom >"$dir/munge/key"
chmod -R go= "$dir/munge"
chmod go+rx "$dir"
export SLURM_CONF="$dir/slurm.conf"
cat >"$SLURM_CONF" <<END
ClusterName=vcosim
SlurmctldHost=$node(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=$first
SlurmdPort=$((first + 1))
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=5
KillWait=5
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END

await() { # no more than a minute
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || return 1
		sleep 0.1
	done
}
idle() { [ "$(sinfo -h -o %t)" = idle ]; }
munged --foreground --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
	--log-file="$dir/munge/log" --seed-file="$dir/munge/seed" >"$dir/munged.out" 2>&1 &
daemons=$!
await test -S "$dir/munge/socket"
slurmctld -D -f "$SLURM_CONF" >"$dir/slurmctld.out" 2>&1 &
daemons="$daemons $!"
slurmd -D -f "$SLURM_CONF" -N "$node" >"$dir/slurmd.out" 2>&1 &
daemons="$daemons $!"
await idle || {
	tail -n 5 "$dir"/*.log "$dir/munge/log"
	echo "not ok - a cluster of one machine"
	exit 1
}
check "a cluster of one machine, two slots" [ "$(sinfo -h -o %C | cut -d/ -f4)" = 2 ]

# --- a small regression, here and there -------------------------------------------------------

mkdir "$dir/it's scenarios"
cp "$here"/scenarios/life.scn "$here"/scenarios/caught.scn "$dir/it's scenarios"
regress() { # folder option...
	out=$dir/$1
	shift
	"$vcosim" regress "$dir/it's scenarios" --output "$out" --name "nightly 1" "$@"
}
start() { # the same, in the background, as $runner
	out=$dir/$1
	shift
	"$vcosim" regress "$dir/it's scenarios" --output "$out" --name "nightly 1" "$@" >"$out.out" 2>&1 &
	runner=$!
}
# All that is of the runs themselves, and not of when and where they ran.
same_runs() {
	for of in "$dir/here" "$dir/there"; do
		jq -S '[.runs[] | del(.seconds, .report) | .attempts |= map(del(.seconds))], (.counts, .name, .schema, .shard)' \
			"$of/results.json" >"$of.runs" || return 1
		jq -S '[.runs[].report // {} | del(.latency, .mmio_read_us, .notes, .guest)]' "$of/results.json" >"$of.reports" || return 1
	done
	cmp "$dir/here.runs" "$dir/there.runs"
}
same_verdicts() { # reports are of the runs, too: what does not depend on when a guest looks
	for of in here there; do
		jq -S '[.runs[] | select(.guest == "drive") | .report | del(.latency)]' "$dir/$of/results.json" >"$dir/$of.drive" || return 1
	done
	[ -s "$dir/here.drive" ] && cmp "$dir/here.drive" "$dir/there.drive"
}
check "the regression here" regress here
check "as three jobs on two slots" regress there --slurm 3
tasks() { [ "$(jq -s 'map(.shard | [.index, .of]) | sort' "$dir"/there/shards/*/results.json | jq -c .)" = '[[1,3],[2,3],[3,3]]' ]; }
check "each a shard" tasks
check "the merged result is the local one" same_runs
check "their reports too" same_verdicts
check "and its page" "$vcosim" report "$dir/there"
check "again: what is done stays done" says 0 "passed" regress there --slurm 3 --resume
resumed() { grep -h 'runs are there' "$dir"/there/slurm-*.out | awk '{ if ($3 != $5 || $3 == 0) bad = 1 } END { exit bad || NR != 3 }'; }
check "not one ran again" resumed

# --- in the dark ---------------------------------------------------------------------------------

lost() { # a task that is shot leaves a hole that is told
	start lost --slurm 2 --seeds 1-40
	await test -s "$dir/lost/shards/1/results.json"
	scancel "$(squeue -h -o %F | head -n 1)_1"
	wait $runner
	[ $? = 2 ] && grep -q "not finished; --resume goes on\|shard 1 left no results" "$dir/lost.out"
}
check "a job that is cancelled is missed, by number" lost
check "and --resume runs the rest of it" says 0 "passed" regress lost --slurm 2 --seeds 1-40 --resume
stopped() { # a runner that is told to stop takes its jobs with it
	start stopped --slurm 2 --seeds 1-40
	await test -s "$dir/stopped/shards/1/results.json"
	kill -TERM $runner
	wait $runner
	[ $? = 2 ] && [ -z "$(squeue -h)" ] && grep -q "the same with --resume goes on" "$dir/stopped.out"
}
check "a runner that is stopped cancels its jobs" stopped
echo "Nonsense" >"$dir/none"
nobody() { SLURM_CONF=$dir/none says 2 "sbatch: " regress nobody --slurm 2; }
check "no cluster: said, exit 2" nobody
