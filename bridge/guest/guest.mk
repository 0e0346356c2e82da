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

# --- modules for the guests' kernels: the monitor, and a driver for it to watch ---------------

KMODS := $(foreach k,$(KERNELS),$(G)/vcosim_mon-$(k)/vcosim_mon.ko $(G)/misbehave-$(k)/misbehave.ko)

.PHONY: kmods
kmods: $(KMODS)

$(G)/headers-%/release: $(G)/kernel-%/release
	@bridge/guest/fetch-headers.sh $(@D) $(<D)
	@touch $@

# In a copy of the sources, which a kernel's build writes beside. Flags of this make are none of its
# business; the types of a kernel that is not there are left out.
kbuild = env -u MAKEFLAGS -u MFLAGS make -s -C $(G)/headers-$*/build M=$(abspath $(@D)) CC=$(CC) \
	CONFIG_DEBUG_INFO_BTF_MODULES= W=1 modules >$(@D)/log 2>&1 && strip -g $@ || { cat $(@D)/log; exit 1; }

emit = $(OUT)/vcosim ccsl emit-c --name $(1) $(2) >$(@D)/$(3).c && \
	$(OUT)/vcosim ccsl emit-c --name $(1) --header $(2) >$(@D)/$(3).h

VCOSIM_MON := $(wildcard bridge/guest/vcosim_mon/*) $(wildcard bridge/guest/vcosim_mon/shim/*)
CORE := $(wildcard monitor/core*.[ch]) monitor/ccsl.h monitor/tables.h

$(G)/vcosim_mon-%/vcosim_mon.ko: $(G)/headers-%/release $(VCOSIM_MON) $(CORE) $(wildcard specs/*.ccsl) | $(OUT)/vcosim
	$(call say,KBUILD,$@)rm -rf $(@D) && mkdir -p $(@D)/monitor && cp -r bridge/guest/vcosim_mon/* $(@D) && \
	  cp $(CORE) $(@D)/monitor && \
	  $(call emit,life,specs/kernel.ccsl,rules) && $(call emit,life_mmio,specs/kernel_mmio.ccsl,rules_mmio) && $(kbuild)

$(G)/misbehave-%/misbehave.ko: $(G)/headers-%/release $(wildcard tests/kmod/*)
	$(call say,KBUILD,$@)rm -rf $(@D) && mkdir -p $(@D) && cp tests/kmod/* $(@D) && $(kbuild)
