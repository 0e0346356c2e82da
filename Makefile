# vcosim: hardware virtio devices, validated before there is silicon.
#
#   make run      set up, build, and run the main job on a real guest
#   make check    set up, build, and pass all tests
#   make help     the other targets
#
# V=1 shows commands. SAN=1 builds everything, the Verilated model included, with
# ASan and UBSan into its own folder. B=dir builds elsewhere.

B ?= build
V ?= 0
SAN ?= 0
COV ?= 0
PREFIX ?= /usr/local
DESTDIR ?=

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' '$(1)' '$(2)';)

ifeq ($(SAN),1)
OUT := $(B)/san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else
OUT := $(if $(filter 1,$(COV)),$(B)/cov,$(B))
SANFLAGS :=
endif

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif
OPT ?= -O2
WARN := -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla
CFLAGS := -std=c11 -D_GNU_SOURCE $(OPT) -g $(WARN) $(SANFLAGS)
CXXFLAGS := -std=c++17 $(OPT) -g -Wall -Wextra -Werror $(SANFLAGS)
CPPFLAGS := -I. -I$(OUT)/gen -MMD -MP
LDLIBS := -ljansson -lzstd -lconfig -lxml2 -lpthread

# --- what there is -----------------------------------------------------------------

# Manifests of devices under test, those of the tests and the user's own: make DUT=mine.dut.
MANIFESTS := $(wildcard rtl/*.dut) $(wildcard tests/foreign/*.dut) $(DUT)
DUTS := $(basename $(notdir $(MANIFESTS)))
MONITOR := $(filter-out monitor/cmd_%,$(wildcard monitor/*.c))
SIM := $(filter-out sim/cmd_%,$(wildcard sim/*.c))
BRIDGE := $(filter-out bridge/cmd_%,$(wildcard bridge/*.c))
CMDS := $(wildcard monitor/cmd_*.c sim/cmd_*.c bridge/cmd_*.c specs/cmd_*.c)
TESTS := $(wildcard tests/unit/test_*.c tests/rtl/test_*.c)
TESTLIB := $(wildcard tests/lib/*.c)
BENCHES := $(wildcard tests/bench/bench_*.c)
FUZZERS := $(wildcard tests/fuzz/fuzz_*.c)
E2E := $(sort $(wildcard tests/e2e/*.sh))
CAMPAIGNS := $(sort $(wildcard tests/soak/*.sh))

obj = $(patsubst %,$(OUT)/obj/%.o,$(1))
LIBS := $(call obj,$(BRIDGE) $(SIM) $(MONITOR)) $(foreach d,$(DUTS),$(OUT)/obj/sim/model_$(d).o)
MODELS := $(foreach d,$(DUTS),$(OUT)/model/$(d).a) \
	$(OUT)/obj/verilated.vlt.o $(OUT)/obj/verilated_threads.vlt.o \
	$(if $(filter 1,$(COV)),$(OUT)/obj/verilated_cov.vlt.o)
ARCHIVES := $(OUT)/lib/vcosim.a $(MODELS)
TESTBINS := $(patsubst tests/%.c,$(OUT)/tests/%,$(TESTS))
BENCHBINS := $(patsubst tests/bench/%.c,$(OUT)/bench/%,$(BENCHES))
FUZZBINS := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(FUZZERS))

.PHONY: nightly coverage reached mutants all run check bench fuzz lint format soak install clean help setup e2e
.DELETE_ON_ERROR:
.SECONDARY:

all: $(OUT)/vcosim $(OUT)/vcosim-waves systemc

help:
	@sed -n 's/^# \{0,1\}//; 1,9p' Makefile
	@printf '%s\n' '' '  bench    measure; writes build/bench.json' '  lint     every static check' \
	  '  coverage  what of the RTL the tests reach' \
	  '  mutants  break each monitored clause; writes build/mutants.json' \
	  '  format   clang-format the C sources' '  soak     the long campaigns' \
	  '  run-systemc  a guest on the SystemC platform' \
	  '  nightly  every scenario; a page of what came of it' \
	  '  fuzz     build the fuzz targets' \
	  '  install  PREFIX=$(PREFIX) DESTDIR=' '  clean    remove build/'

# --- set-up: what the machine lacks, from its own package registry --------------------

setup: $(B)/.setup
$(B)/.setup: tests/setup.sh
	@mkdir -p $(B)
	@tests/setup.sh
	@touch $@

# --- the Verilated models ---------------------------------------------------------------

VERILATOR_FLAGS := --cc -O3 -Wall --x-assign fast --x-initial fast --noassert
# COV=1: what of our RTL a run reaches, sim/model_coverage.h.
COVFLAGS := $(if $(filter 1,$(COV)),--coverage-line --coverage-toggle --output-split 8000)
MODELOPT := $(if $(COVFLAGS),-O1,-O2)
VROOT = $(shell verilator --getenv VERILATOR_ROOT)

RTL := $(wildcard rtl/*.sv rtl/*.f rtl/*.vlt)
# Protocol checkers, bound to both ports of each device under test.
AXI_CHECK := sim/axi/check.f
AXI_CHECK_SV := $(wildcard sim/axi/*.sv)

# Our own RTL is clean of warnings; somebody else's need not be of those about style. A device of the same
# name in another folder is another one.
define model_rule
$(OUT)/model/$(1).of: always
	$(Q)mkdir -p $$(@D) && echo $(2) | cmp -s - $$@ || echo $(2) >$$@
$(OUT)/model/$(1).a: $(2) $(OUT)/model/$(1).of $(if $(filter rtl/,$(dir $(2))),$(RTL),$(shell sim/dut.sh $(2) sources)) $(AXI_CHECK) $(AXI_CHECK_SV) sim/dut.sh | $(B)/.setup
	$(call say,VERILATE,$(1))mkdir -p $(OUT)/model/$(1) && \
	  verilator $(VERILATOR_FLAGS) $(if $(filter rtl/,$(dir $(2))),$(COVFLAGS),-Wno-lint -Wno-style) --prefix V$(1) \
	  --top-module $$$$(sim/dut.sh $(2) top) -Mdir $(OUT)/model/$(1) $$$$(sim/dut.sh $(2) files) \
	  $$$$(sim/dut.sh $(2) check) -f $(AXI_CHECK) || \
	  { echo "$(2): Verilator says no: is the top there, and each port that the manifest promises?" >&2; exit 1; }; \
	  $$(MAKE) -s -C $(OUT)/model/$(1) -f V$(1).mk OPT_FAST="$(MODELOPT) $(SANFLAGS)" OPT_SLOW="$(if $(COVFLAGS),-O0,-O1) $(SANFLAGS)" \
	  V$(1)__ALL.a >$(OUT)/model/$(1).log 2>&1 || { cat $(OUT)/model/$(1).log; exit 1; }
	$(Q)cp $(OUT)/model/$(1)/V$(1)__ALL.a $$@
endef
$(foreach m,$(MANIFESTS),$(eval $(call model_rule,$(basename $(notdir $(m))),$(m))))

$(OUT)/obj/%.vlt.o: | $(B)/.setup
	$(call say,CXX,$*.cpp)mkdir -p $(@D) && $(CXX) -std=c++17 -O2 $(SANFLAGS) -I$(VROOT)/include \
	  -I$(VROOT)/include/vltstd -c -o $@ $(VROOT)/include/$*.cpp

$(OUT)/obj/sim/model_%.o: sim/model.cpp $(OUT)/model/%.a
	$(call say,CXX,$< ($*))mkdir -p $(@D) && $(CXX) $(CXXFLAGS) $(CPPFLAGS) -DDUT=$* \
	  -DVDUT=V$* -DVDUT_H='"V$*.h"' $(if $(COVFLAGS),$(if $(wildcard rtl/$*.dut),-DMODEL_COVERAGE='"V$*__Syms.h"')) \
	  -isystem $(OUT)/model/$* \
	  -isystem $(VROOT)/include -isystem $(VROOT)/include/vltstd -c -o $@ $<

# --- C -----------------------------------------------------------------------------------

$(OUT)/obj/%.c.o: %.c | $(B)/.setup
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

# The names of the bus events, from the one list of them.
GEN := $(OUT)/gen/specs/events.h
$(GEN): specs/events.ccsl specs/events.awk
	$(call say,GEN,$@)mkdir -p $(@D) && awk -f specs/events.awk $< >$@

# What is built in: the manifests, and for traces a hash over the sources of each. Both change when
# make is given another DUT.
DUTTABLE := $(OUT)/gen/sim/duts.h
RTLHASH := $(OUT)/gen/sim/rtl_hash.h
.PHONY: always
$(DUTTABLE): always
	$(Q)mkdir -p $(@D) && for m in $(MANIFESTS); do sim/dut.sh $$m row || exit 1; done >$@.new && \
	  if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
$(RTLHASH): $(shell for m in $(MANIFESTS); do sim/dut.sh $$m sources; done | sort -u) $(DUTTABLE)
	$(call say,GEN,$@)mkdir -p $(@D) && { printf '#define RTL_HASHES'; for m in $(MANIFESTS); do \
	  printf ' { "%s", "%.16s" },' "$$(basename $$m .dut | tr _ -)" \
	  "$$(sim/dut.sh $$m sources | xargs cat | sha256sum)"; done; echo; } >$@
$(OUT)/obj/sim/build.c.o: $(RTLHASH)
$(call obj,sim/dut.c sim/model.c): $(DUTTABLE)

$(call obj,$(SIM) $(BRIDGE) $(CMDS) $(TESTS) $(TESTLIB) $(BENCHES)): | $(GEN)

$(OUT)/lib/vcosim.a: $(LIBS)
$(OUT)/lib/tests.a: $(call obj,$(TESTLIB))
$(OUT)/lib/libccsl.a: $(call obj,$(MONITOR))
$(OUT)/lib/cmds.a: $(call obj,$(CMDS))
$(OUT)/lib/%.a:
	$(call say,AR,$@)mkdir -p $(@D) && rm -f $@ && ar rcs $@ $^

$(OUT)/vcosim: $(call obj,vcosim.c $(CMDS)) $(ARCHIVES)
	$(call say,LD,$@)$(CXX) $(CXXFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/tests/%: $(OUT)/obj/tests/%.c.o $(OUT)/lib/tests.a $(OUT)/lib/cmds.a $(ARCHIVES)
	$(call say,LD,$@)mkdir -p $(@D) && $(CXX) $(CXXFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(OUT)/bench/%: $(OUT)/obj/tests/bench/%.c.o $(OUT)/lib/tests.a $(OUT)/lib/cmds.a $(ARCHIVES)
	$(call say,LD,$@)mkdir -p $(@D) && $(CXX) $(CXXFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# The yardstick of bench_dev: C++ around the same class, as sim/model.cpp is.
$(OUT)/bench/bench_dev: $(OUT)/obj/tests/bench/bare.o
$(OUT)/obj/tests/bench/bare.o: tests/bench/bare.cpp $(OUT)/model/balloon_pci.a
	$(call say,CXX,$<)mkdir -p $(@D) && $(CXX) $(CXXFLAGS) $(CPPFLAGS) -DVDUT=Vballoon_pci \
	  -DVDUT_H='"Vballoon_pci.h"' -I$(OUT)/model/balloon_pci -isystem $(VROOT)/include \
	  -isystem $(VROOT)/include/vltstd -c -o $@ $<

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)

# Fuzz targets: the C layers once more, by clang, with sanitizers and coverage feedback.
FUZZ_CC ?= clang
FUZZ_LIB := $(MONITOR) $(SIM) $(BRIDGE) tests/lib/peer.c tests/lib/array_backend.c tests/lib/fuzz_log.c
FUZZ_FLAGS := -std=c11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined
FUZZ_SAN := address,undefined
fuzz_obj = $(patsubst %,$(OUT)/fuzz/obj/%.o,$(1))

$(call fuzz_obj,$(FUZZ_LIB) $(FUZZERS)): | $(GEN) $(RTLHASH) $(DUTTABLE)
$(OUT)/fuzz/obj/%.c.o: %.c | $(B)/.setup
	$(call say,FUZZ-CC,$<)mkdir -p $(@D) && $(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) \
	  $(CPPFLAGS) -c -o $@ $<

$(OUT)/fuzz/lib.a: $(call fuzz_obj,$(FUZZ_LIB))
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $^

$(OUT)/fuzz/fuzz_%: $(OUT)/fuzz/obj/tests/fuzz/fuzz_%.c.o $(OUT)/fuzz/lib.a
	$(call say,LD,$@)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LDLIBS) -lcmocka

-include $(shell find $(OUT)/fuzz/obj -name '*.d' 2>/dev/null)

# --- what people do ----------------------------------------------------------------------

# JUnit XML is written with libxml2.
$(call obj,bridge/cmd_regress_junit.c): CPPFLAGS += -isystem /usr/include/libxml2

include bridge/guest/guest.mk
include sim/systemc/systemc.mk
include sim/waves.mk
include bridge/report/report.mk

run: $(OUT)/vcosim $(GUEST)
	@$(OUT)/vcosim run

fuzz: $(FUZZBINS)

check: $(OUT)/vcosim $(OUT)/vcosim-waves $(OUT)/lib/libccsl.a $(TESTBINS) $(FUZZBINS) systemc $(GUEST) $(KMODS)
	@tests/run.sh $(OUT) $(TESTBINS) $(SC_RUN) $(E2E)

unit: $(TESTBINS)
	@tests/run.sh $(OUT) $(TESTBINS)

# What of rtl/ these tests reach; fails below the goals. Models of its own, in cov/, a hundredth as fast.
coverage:
	@$(MAKE) --no-print-directory COV=1 reached
REACH := $(addprefix $(OUT)/tests/rtl/test_,balloon hostile irq mmio pci port queue refusal ring rng skew status wide)
reached: $(OUT)/vcosim $(REACH)
	@tests/coverage.sh $(OUT) $(REACH)

bench: $(OUT)/vcosim $(OUT)/vcosim-waves $(BENCHBINS) systemc $(GUEST) $(KMODS)
	@tests/bench/run.sh $(OUT)

# Every scenario on every kernel, transport and seed: build/nightly/latest/report.html. REGRESS=options.
nightly: $(OUT)/vcosim $(OUT)/vcosim-waves $(GUEST)
	@tests/nightly.sh $(OUT) $(REGRESS)

soak: $(OUT)/vcosim $(OUT)/vcosim-waves $(OUT)/lib/libccsl.a $(TESTBINS) $(FUZZBINS) systemc $(GUEST) $(KMODS)
	@tests/setup.sh munge slurmctld slurmd slurm-client
	@SOAK=1 tests/run.sh $(OUT) $(TESTBINS) $(SC_RUN) $(E2E) $(CAMPAIGNS)

# Each scenario and each device fault, and the clause that it must bring: build/mutants.json.
mutants: $(OUT)/vcosim
	@VCOSIM_OUT=$(OUT) tests/e2e/mutants.sh

lint: $(B)/.setup $(GEN)
	@tests/lint.sh

format:
	@git ls-files '*.c' '*.h' '*.cpp' | xargs clang-format -i

install: $(OUT)/vcosim $(OUT)/vcosim-waves $(OUT)/lib/libccsl.a systemc
	@DESTDIR=$(DESTDIR) bridge/install.sh $(OUT) $(PREFIX)

clean:
	rm -rf $(B)
