# The SystemC platform. Everything else builds without libsystemc; with it, `make` and
# `make check` take these along. Debian's library links only with -std=c++17.

SC_SRC := $(filter-out sim/systemc/main.cpp,$(wildcard sim/systemc/*.cpp))
SC_TESTS := $(wildcard tests/systemc/test_*.cpp)
SC_BENCHES := $(wildcard tests/systemc/bench_*.cpp)
SC_TESTBINS := $(patsubst tests/%.cpp,$(OUT)/tests/%,$(SC_TESTS))
SC_BENCHBINS := $(patsubst tests/systemc/%.cpp,$(OUT)/bench/%,$(SC_BENCHES))
SC_LIB := $(OUT)/lib/vcosim-systemc.a

SC_FOUND = $(filter /%,$(shell $(CXX) -print-file-name=libsystemc.so))

# The tests that are there, for a shell.
SC_RUN := $$(ls $(SC_TESTBINS) 2>/dev/null)

# A recipe, not a prerequisite: the set-up may just have installed the library.
.PHONY: systemc run-systemc
systemc: $(B)/.setup $(OUT)/vcosim
	@if [ -n "$(SC_FOUND)" ]; then \
	  $(MAKE) --no-print-directory $(OUT)/vcosim-sc $(SC_TESTBINS) $(SC_BENCHBINS) $(SC_LIB); \
	else echo "  SYSTEMC  no libsystemc: vcosim-sc and its tests are left out"; fi

run-systemc: systemc $(GUEST)
	@$(OUT)/vcosim-sc run

$(OUT)/obj/%.cpp.o: %.cpp | $(B)/.setup $(GEN)
	$(call say,CXX,$<)mkdir -p $(@D) && $(CXX) $(CXXFLAGS) $(CPPFLAGS) -c -o $@ $<

# All that a platform of your own links with, in one archive.
$(SC_LIB): $(call obj,$(SC_SRC)) $(OUT)/lib/cmds.a $(ARCHIVES)
	$(call say,AR,$@)mkdir -p $(@D) && rm -f $@ && { echo 'create $@'; for f in $^; do case $$f in \
	  *.a) echo "addlib $$f" ;; *) echo "addmod $$f" ;; esac; done; echo save; echo end; } | ar -M

$(OUT)/vcosim-sc: $(call obj,sim/systemc/main.cpp) $(SC_LIB)
	$(call say,LD,$@)$(CXX) $(CXXFLAGS) -o $@ $^ -lsystemc $(LDLIBS)

$(SC_TESTBINS): $(OUT)/tests/%: $(OUT)/obj/tests/%.cpp.o $(OUT)/lib/tests.a $(SC_LIB)
	$(call say,LD,$@)mkdir -p $(@D) && $(CXX) $(CXXFLAGS) -o $@ $^ -lsystemc $(LDLIBS)

$(SC_BENCHBINS): $(OUT)/bench/%: $(OUT)/obj/tests/systemc/%.cpp.o $(OUT)/lib/tests.a $(SC_LIB)
	$(call say,LD,$@)mkdir -p $(@D) && $(CXX) $(CXXFLAGS) -o $@ $^ -lsystemc $(LDLIBS)
