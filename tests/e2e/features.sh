#!/bin/sh
# Each feature offered alone: a stock kernel's driver takes it or leaves it, and lives a whole
# life either way, with statistics polled, hints given and memory reported where it took that.
# A sample of them; with SOAK=1 all, on both kernels.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# What the kernels' drivers know: virtio_balloon 0..5, less PAGE_POISON (4) where the kernel does
# not poison pages, and ACCESS_PLATFORM (33), which virtballoon_validate() clears; of the generic ones
# EVENT_IDX (29), ORDER_PLATFORM (36), RING_RESET (40), and since 6.4 NOTIFICATION_DATA (38).
# No driver of theirs takes INDIRECT_DESC (28) for a balloon, NOTIF_CONFIG_DATA (39), SUSPEND (43).
takes_6_1='must_tell_host stats_vq deflate_on_oom free_page_hint page_reporting event_idx order_platform ring_reset'
takes_6_12="$takes_6_1 notification_data"
all="$takes_6_12 page_poison indirect_desc access_platform notif_config_data suspend"
sample='free_page_hint page_reporting event_idx suspend'

alone() { # kernel feature taken?
	if "$vcosim" run --guest "$1" --features "$2" --target 16 --report "$dir/report.json" \
		>"$dir/story" 2>&1 &&
		jq -e ".runs[0].features | (.negotiated != \"0x100000000\") == $3 and
			(.negotiated == .offered) == $3 and .offered != \"0x100000000\"" \
			"$dir/report.json" >/dev/null; then
		echo "ok - $1: $2 alone, taken: $3"
	else
		echo "not ok - $1: $2 alone, taken: $3: $(jq -c '.runs[0].features' "$dir/report.json")"
		tail -n 5 "$dir/story"
	fi
}

kernels=6.1 features=$sample
[ "${SOAK:-0}" = 1 ] && kernels='6.1 6.12' features=$all
for kernel in $kernels; do
	[ "$kernel" = 6.1 ] && takes=$takes_6_1 || takes=$takes_6_12
	for feature in $features; do
		case " $takes " in *" $feature "*) taken=true ;; *) taken=false ;; esac
		alone "$kernel" "$feature" "$taken"
	done
done
