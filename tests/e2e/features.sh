#!/bin/sh
# Each feature offered alone, over either transport: a stock kernel's driver takes it or leaves it, and
# lives a whole life either way, with statistics polled, hints given and memory reported where it took that.
# A sample of them; with SOAK=1 all, on both kernels.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# What the kernels' drivers know: virtio_balloon 0..5, less PAGE_POISON (4) where the kernel does
# not poison pages, and ACCESS_PLATFORM (33), which virtballoon_validate() clears; of the generic ones
# EVENT_IDX (29), ORDER_PLATFORM (36), since 6.4 NOTIFICATION_DATA (38), and over PCI RING_RESET (40):
# vp_transport_features() keeps it, vm_finalize_features() of virtio_mmio does not.
# No driver of theirs takes INDIRECT_DESC (28) for a balloon, NOTIF_CONFIG_DATA (39), SUSPEND (43).
# NOTIF_CONFIG_DATA is not on offer over virtio-mmio, which has no register for it (4.2.2).
balloon='must_tell_host stats_vq deflate_on_oom free_page_hint page_reporting'
takes() { # transport kernel
	echo "$balloon event_idx order_platform"
	[ "$1" = mmio ] || echo ring_reset
	[ "$2" = 6.1 ] || echo notification_data
}

alone() { # transport kernel feature
	case " $(takes "$1" "$2" | tr '\n' ' ') " in *" $3 "*) taken=true ;; *) taken=false ;; esac
	name="$1, $2: $3 alone, taken: $taken"
	if "$vcosim" run --transport "$1" --guest "$2" --features "$3" --target 16 \
		--report "$dir/report.json" >"$dir/story" 2>&1 &&
		jq -e ".runs[0].features | (.negotiated != \"0x100000000\") == $taken and
			(.negotiated == .offered) == $taken and .offered != \"0x100000000\"" \
			"$dir/report.json" >/dev/null; then
		echo "ok - $name"
	else
		echo "not ok - $name: $(jq -c '.runs[0].features' "$dir/report.json")"
		tail -n 5 "$dir/story"
	fi
}

all() { # transport
	for kernel in 6.1 6.12; do
		for feature in $balloon event_idx order_platform ring_reset notification_data page_poison \
			indirect_desc access_platform suspend; do
			alone "$1" $kernel "$feature"
		done
	done
}

if [ "${SOAK:-0}" = 1 ]; then
	all pci
	all mmio
	for kernel in 6.1 6.12; do alone pci $kernel notif_config_data; done
else
	for feature in free_page_hint page_reporting event_idx suspend; do alone pci 6.1 $feature; done
	for feature in stats_vq ring_reset; do alone mmio 6.1 $feature; done
fi
