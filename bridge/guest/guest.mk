# What runs inside a guest, and the QEMU that runs it. GUEST lists what `make run` needs.
# None of it is instrumented: it stays out of the SAN=1 folder.

G := $(B)/guest
KERNELS := 6.1 6.12

GUEST := $(G)/qemu/run $(G)/accel $(G)/metal.elf $(G)/mmio.aml \
	$(foreach k,$(KERNELS),$(G)/kernel-$(k)/release $(G)/initramfs-$(k).cpio)

.PHONY: guest
guest: $(GUEST)

$(G)/qemu/run: | $(B)/.setup
	@bridge/guest/fetch-qemu.sh $(@D)
	@touch $@

# A /dev/kvm may be there and yet not run a kernel (nested, emulated): try it once.
$(G)/accel: bridge/guest/probe-accel.sh | $(G)/qemu/run $(G)/initramfs-6.1.cpio
	@bridge/guest/probe-accel.sh $(G)/qemu/run $(G)/kernel-6.1/vmlinuz $(G)/initramfs-6.1.cpio $@

$(G)/kernel-%/release: | $(B)/.setup
	@bridge/guest/fetch-kernels.sh $(@D) $*
	@touch $@

# An ACPI table that tells of a virtio-mmio device.
$(G)/mmio.aml: bridge/guest/mmio.asl | $(B)/.setup
	$(call say,IASL,$@)mkdir -p $(@D) && iasl -vs -vr -p $(basename $@) $< >$@.log 2>&1 || { cat $@.log; exit 1; }

AGENT := $(wildcard bridge/guest/agent/*.c)

$(G)/agent: $(AGENT) bridge/guest/agent/agent.h | $(B)/.setup
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) -std=c11 -D_GNU_SOURCE -O2 $(WARN) -I. -static -s \
	  -o $@ $(AGENT)

$(G)/initramfs-%.cpio: $(G)/kernel-%/release $(G)/agent bridge/guest/make-initramfs.sh
	$(call say,CPIO,$@)bridge/guest/make-initramfs.sh $@ $(<D) $(G)/agent

# 32-bit code for a bare PC: no libc, no libgcc, headers of constants only. The kernel's
# headers need <asm/>, which a 32-bit compile does not look for by itself.
METAL := $(wildcard bridge/guest/metal/*.[cS]) $(wildcard sim/driver*.c)
METAL_CFLAGS = -std=c11 -O2 -m32 -march=i686 -ffreestanding -fno-pic -fno-stack-protector \
	-fno-asynchronous-unwind-tables -mgeneral-regs-only $(WARN) -I. \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch)

$(G)/metal.elf: $(METAL) $(wildcard bridge/guest/metal/*.h) bridge/guest/metal/metal.ld $(wildcard sim/driver*.h) \
	| $(B)/.setup
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(METAL_CFLAGS) -nostdlib -static -no-pie \
	  -Wl,-T,bridge/guest/metal/metal.ld -Wl,--build-id=none -o $@ $(METAL)
