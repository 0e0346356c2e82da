# vcosim-waves: the same program around models that are built with tracing. `vcosim waves` runs
# it, so that nobody else pays for waves.

$(OUT)/gen/sim/clocks.sv: $(GEN) sim/monitor.awk
	$(call say,GEN,$@)mkdir -p $(@D) && awk -f sim/monitor.awk $< >$@
$(OUT)/gen/sim/monitor_pins.h: $(GEN) sim/monitor.awk
	$(call say,GEN,$@)mkdir -p $(@D) && awk -v pins=1 -f sim/monitor.awk $< >$@

WAVES_FLAGS := $(VERILATOR_FLAGS) --trace-fst --trace-structs
# Verilator's trace buffer keeps 64-bit values on 32-bit boundaries, which this machine allows.
WAVES_SAN := $(SANFLAGS) $(if $(SANFLAGS),-fno-sanitize=alignment)
waves_make = $(MAKE) -s -C $(OUT)/waves/$(1) -f V$(1).mk OPT_FAST="-O2 $(WAVES_SAN)" \
	  OPT_SLOW="-O1 $(WAVES_SAN)" V$(1)__ALL.a >$(OUT)/waves/$(1).log 2>&1 || \
	  { cat $(OUT)/waves/$(1).log; exit 1; }; cp $(OUT)/waves/$(1)/V$(1)__ALL.a $$@

# As model_rule: the same sources, from the same manifest.
define waves_rule
$(OUT)/waves/$(1).a: $(OUT)/model/$(1).a
	$(call say,VERILATE,$(1) (waves))mkdir -p $(OUT)/waves/$(1) && \
	  verilator $(WAVES_FLAGS) $(if $(filter rtl/,$(dir $(2))),,-Wno-lint -Wno-style) --prefix V$(1) \
	  --top-module $$$$(sim/dut.sh $(2) top) -Mdir $(OUT)/waves/$(1) $$$$(sim/dut.sh $(2) files) && \
	  $(call waves_make,$(1))
endef
$(foreach m,$(MANIFESTS),$(eval $(call waves_rule,$(basename $(notdir $(m))),$(m))))

# Beyond its ports, the monitor's module has nothing in it.
define waves_clocks_rule
$(OUT)/waves/clocks.a: $(OUT)/gen/sim/clocks.sv | $(B)/.setup
	$(call say,VERILATE,clocks (waves))mkdir -p $(OUT)/waves/clocks && \
	  verilator $(WAVES_FLAGS) -Wno-UNUSED --prefix Vclocks --top-module clocks -Mdir $(OUT)/waves/clocks $$< && \
	  $(call waves_make,clocks)
endef
$(eval $(waves_clocks_rule))

$(OUT)/obj/sim/waves_%.o: sim/model.cpp $(OUT)/waves/%.a $(OUT)/waves/clocks.a $(OUT)/gen/sim/monitor_pins.h
	$(call say,CXX,$< ($*, waves))mkdir -p $(@D) && $(CXX) $(CXXFLAGS) $(CPPFLAGS) -DMODEL_WAVES \
	  -DVM_TRACE=1 -DVM_TRACE_FST=1 -DDUT=$* -DVDUT=V$* -DVDUT_H='"V$*.h"' -I$(OUT)/waves/$* \
	  -I$(OUT)/waves/clocks -isystem $(VROOT)/include -c -o $@ $<

WAVES_LIBS := $(foreach d,$(DUTS),$(OUT)/waves/$(d).a) $(OUT)/waves/clocks.a
$(OUT)/vcosim-waves: $(call obj,vcosim.c $(CMDS)) $(foreach d,$(DUTS),$(OUT)/obj/sim/waves_$(d).o) \
		$(WAVES_LIBS) $(OUT)/lib/vcosim.a $(OUT)/obj/verilated.vlt.o \
		$(OUT)/obj/verilated_threads.vlt.o $(OUT)/obj/verilated_fst_c.vlt.o
	$(call say,LD,$@)$(CXX) $(CXXFLAGS) -o $@ $^ $(LDLIBS) -lz

# Its FST writer stores words wherever they fall, which this machine allows and UBSan does not.
$(OUT)/obj/verilated_fst_c.vlt.o: private SANFLAGS := \
	$(if $(SANFLAGS),-fsanitize=address -fno-omit-frame-pointer)
