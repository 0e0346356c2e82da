# What runs inside a guest, and the QEMU that runs it. GUEST lists what `make run` needs.
# None of it is instrumented: it stays out of the SAN=1 folder.

G := $(B)/guest
KERNELS := 6.1 6.12

GUEST := $(G)/qemu/run $(G)/metal.elf \
	$(foreach k,$(KERNELS),$(G)/kernel-$(k)/release $(G)/initramfs-$(k).cpio)

.PHONY: guest
guest: $(GUEST)

$(G)/qemu/run: | $(B)/.setup
	@bridge/guest/fetch-qemu.sh $(@D)
	@touch $@

$(G)/kernel-%/release: | $(B)/.setup
	@bridge/guest/fetch-kernels.sh $(@D) $*
	@touch $@

AGENT := $(wildcard bridge/guest/agent/*.c)

$(G)/agent: $(AGENT) bridge/guest/agent/agent.h | $(B)/.setup
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) -std=c11 -D_GNU_SOURCE -O2 $(WARN) -I. -static -s \
	  -o $@ $(AGENT)

$(G)/initramfs-%.cpio: $(G)/kernel-%/release $(G)/agent bridge/guest/make-initramfs.sh
	$(call say,CPIO,$@)bridge/guest/make-initramfs.sh $@ $(<D) $(G)/agent
