#!/bin/sh
# The same driver source as bare-metal guest in QEMU, over both transports: each scenario brings its
# clause first, conforming ones none, and hostile ones leave a device that a reset recovers.
# A sample of them: some, and what provokes the device. All: tests/soak/mutants_qemu.sh.
set -u
# shellcheck source=tests/lib/metal.sh
. "$(dirname "$0")/../lib/metal.sh"

sample_pci() {
	case "$(($1 % 12))$2" in 0* | *loop* | *outside | *idx-* | *msix | *indirect | *stats-once | *hint-id) ;; *) return 1 ;; esac
}
sample_mmio() {
	case "$(($1 % 16))$2" in 0* | *desc-loop | *hint-twice | *restart-queue) ;; *) return 1 ;; esac
}
metal_some pci sample_pci
metal_some mmio sample_mmio
