/* SPDX-License-Identifier: MIT */
/* Waveforms of a DUT's pins, VCD or FST: sampled at each rising edge of the clock. */
#include <errno.h>
#include <inttypes.h>
#include <libconfig.h>
#include <stdio.h>
#include <string.h>

#include "sim/cmd_import.h"
#include "sim/pin_tap.h"
#include "sim/vcd.h"

#define ODDITIES_MAX 8 /* told of; all are counted */

static const char *const pin_names[PIN_COUNT] = {
#define P(type, name) [PIN_##name] = #name,
	PINS(P)
#undef P
};

/* Without these there is no register port to watch. */
static const unsigned needed[] = {
	PIN_clk_i,      PIN_s_awvalid_i, PIN_s_awready_o, PIN_s_awaddr_i,  PIN_s_wvalid_i,
	PIN_s_wready_o, PIN_s_wdata_i,   PIN_s_wstrb_i,   PIN_s_arvalid_i, PIN_s_arready_o,
	PIN_s_araddr_i, PIN_s_rvalid_o,  PIN_s_rready_i,  PIN_s_rdata_o,
};

/* What cannot be seen without a pin. */
static const struct {
	unsigned pin;
	const char *what;
} blind[] = {
	{ PIN_rst_ni, "resets of the device (no rst_ni)" },
	{ PIN_s_rresp_o, "error responses of the register port (no s_rresp_o)" },
	{ PIN_s_aruser_i, "space and size of register accesses (no s_aruser_i)" },
	{ PIN_m_arvalid_o, "DMA reads (no m_arvalid_o)" },
	{ PIN_m_awvalid_o, "DMA writes (no m_awvalid_o)" },
	{ PIN_intx_o, "the interrupt line (no intx_o)" },
	{ PIN_msix_valid_o, "MSI-X messages (no msix_valid_o)" },
	{ PIN_mgmt_target_i, "the host's side (no mgmt_target_i)" },
	{ PIN_mgmt_page_valid_o, "pages given to the host (no mgmt_page_valid_o)" },
};

struct waves {
	struct import *im;
	struct vcd *vcd;
	struct pin_tap_config cfg;
	struct pin_tap *tap;
	uint64_t pin[PIN_COUNT], next[PIN_COUNT];
	uint64_t time, cycle;
	unsigned oddities;
	char why[VCD_WHY];
};

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct waves *w = ctx;

	w->im->cycle = rec->cycle;
	trace_rec(w->im->trace, rec);
}

static void on_oddity(void *ctx, uint64_t cycle, const char *what)
{
	struct waves *w = ctx;

	if (w->oddities++ < ODDITIES_MAX)
		fprintf(stderr,
			"vcosim import: %s: time %" PRIu64 ", cycle %" PRIu64 ": not AXI: %s\n",
			w->im->path, w->time, cycle, what);
}

/* --- which signal is which pin ---------------------------------------------------------------- */

static int find_pin(const char *name, size_t len)
{
	for (unsigned i = 0; i < PIN_COUNT; i++)
		if (strlen(pin_names[i]) == len && !memcmp(pin_names[i], name, len))
			return (int)i;
	return -1;
}

/* The scope of a variable: all before the last dot. */
static size_t scope_len(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? (size_t)(dot - name) : 0;
}

/* How many pins stand in the scope of this variable. */
static unsigned pins_beside(const struct vcd *vcd, const struct vcd_var *var)
{
	size_t len = scope_len(var->name);
	const struct vcd_var *v;
	unsigned n = 0;

	for (unsigned i = 0; (v = vcd_var(vcd, i)); i++)
		if (scope_len(v->name) == len && !memcmp(v->name, var->name, len) &&
		    find_pin(v->name + len + (len > 0), strlen(v->name) - len - (len > 0)) >= 0)
			n++;
	return n;
}

/* The scope with most of the pins: that of its clk_i; of equals the outermost. NULL: none. */
static const struct vcd_var *best_clock(const struct vcd *vcd)
{
	const struct vcd_var *v, *best = NULL;
	unsigned most = 0;

	for (unsigned i = 0; (v = vcd_var(vcd, i)); i++) {
		const char *name = v->name + scope_len(v->name) + (scope_len(v->name) > 0);
		unsigned n = strcmp(name, "clk_i") ? 0 : pins_beside(vcd, v);

		if (n > most || (n && n == most && scope_len(v->name) < scope_len(best->name))) {
			best = v;
			most = n;
		}
	}
	return best;
}

static int want(struct waves *w, const struct vcd_var *var, unsigned pin)
{
	if (w->cfg.have[pin])
		return 0;
	w->cfg.have[pin] = true;
	if (pin == PIN_m_rdata_i || pin == PIN_m_wdata_o)
		w->cfg.narrow = var->width == 32;
	return vcd_want(w->vcd, var, pin);
}

/* By their own names, in one scope. */
static int bind_scope(struct waves *w, const char *scope, size_t len)
{
	const struct vcd_var *v;
	int err = 0;

	for (unsigned i = 0; !err && (v = vcd_var(w->vcd, i)); i++) {
		size_t skip = len + (len > 0);
		int pin;

		if (scope_len(v->name) != len || memcmp(v->name, scope, len))
			continue;
		pin = find_pin(v->name + skip, strlen(v->name) - skip);
		if (pin >= 0)
			err = want(w, v, (unsigned)pin);
	}
	return err;
}

static const struct vcd_var *var_named(const struct vcd *vcd, const char *name)
{
	const struct vcd_var *v;

	for (unsigned i = 0; (v = vcd_var(vcd, i)); i++)
		if (!strcmp(v->name, name))
			return v;
	return NULL;
}

static int bind_setting(struct waves *w, const config_setting_t *at)
{
	const char *name = config_setting_name(at), *signal = config_setting_get_string(at);
	int pin = find_pin(name, strlen(name)), line = (int)config_setting_source_line(at);
	const struct vcd_var *var = signal ? var_named(w->vcd, signal) : NULL;

	if (pin >= 0 && var)
		return want(w, var, (unsigned)pin);
	if (pin < 0)
		fprintf(stderr, "vcosim import: %s:%d: %s: expected a pin of rtl/README.md\n",
			w->im->pins, line, name);
	else if (!signal)
		fprintf(stderr, "vcosim import: %s:%d: %s: expected the signal's name in quotes\n",
			w->im->pins, line, name);
	else
		fprintf(stderr, "vcosim import: %s:%d: %s: no signal %s in %s\n", w->im->pins, line,
			name, signal, w->im->path);
	return -EINVAL;
}

static int bind_file(struct waves *w)
{
	config_setting_t *root;
	config_t file;
	int err = 0;

	config_init(&file);
	if (!config_read_file(&file, w->im->pins)) {
		fprintf(stderr, "vcosim import: %s:%d: %s\n", w->im->pins, config_error_line(&file),
			config_error_text(&file));
		err = -EINVAL;
	}
	root = config_root_setting(&file);
	for (int i = 0; !err && i < config_setting_length(root); i++)
		err = bind_setting(w, config_setting_get_elem(root, (unsigned)i));
	config_destroy(&file);
	return err;
}

static int check_needed(const struct waves *w)
{
	for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!w->cfg.have[needed[i]]) {
			fprintf(stderr,
				"vcosim import: %s: no signal %s: name it in a file for --pins, "
				"or its place with --scope\n",
				w->im->path, pin_names[needed[i]]);
			return -EINVAL;
		}
	return 0;
}

static int bind_pins(struct waves *w)
{
	const struct vcd_var *clock;
	int err = w->im->pins ? bind_file(w) : 0;

	if (err)
		return err;
	if (w->im->scope)
		err = bind_scope(w, w->im->scope, strlen(w->im->scope));
	else if ((clock = best_clock(w->vcd)))
		err = bind_scope(w, clock->name, scope_len(clock->name));
	return err ? err : check_needed(w);
}

/* What a pin shows that the waveform does not have: no reset, and everyone is ready. */
static void default_pins(struct waves *w)
{
	static const unsigned ones[] = { PIN_rst_ni,
					 PIN_s_bready_i,
					 PIN_msix_ready_i,
					 PIN_mgmt_page_ready_i,
					 PIN_mgmt_stat_ready_i,
					 PIN_mgmt_range_ready_i };

	for (unsigned i = 0; i < sizeof(ones) / sizeof(ones[0]); i++)
		if (!w->cfg.have[ones[i]])
			w->pin[ones[i]] = w->next[ones[i]] = 1;
}

static int take_space(struct waves *w)
{
	const char *space = w->im->space ? w->im->space : "bar0";

	w->cfg.space = BUS_BAR;
	if (!strcmp(space, "cfg"))
		w->cfg.space = BUS_CFG;
	else if (!strcmp(space, "mmio"))
		w->cfg.space = BUS_MMIO;
	else if (!strncmp(space, "bar", 3) && space[3] >= '0' && space[3] <= '5' && !space[4])
		w->cfg.bar = (uint8_t)(space[3] - '0');
	else {
		fprintf(stderr, "vcosim import: --space %s: expected cfg, mmio or bar0 to bar5\n",
			space);
		return -EINVAL;
	}
	return 0;
}

/* --- sampling ------------------------------------------------------------------------------- */

/* All changes of one time are known. An edge finds the pins as they were before it. */
static int moment(struct waves *w)
{
	int err = 0;

	if (!w->pin[PIN_clk_i] && w->next[PIN_clk_i])
		err = pin_tap_edge(w->tap, w->cycle++, w->pin);
	memcpy(w->pin, w->next, sizeof(w->pin));
	return err;
}

static int sample_all(struct waves *w)
{
	struct vcd_change change;
	int got, err = 0;

	while (!err && (got = vcd_next(w->vcd, &change, w->why)) > 0) {
		if (change.time != w->time)
			err = moment(w);
		w->time = change.time;
		w->next[change.slot] = change.val;
	}
	if (!err)
		err = moment(w);
	pin_tap_end(w->tap);
	if (err || got == 0)
		return err;
	fprintf(stderr, "vcosim import: %s: %s; imported to there\n", w->im->path, w->why);
	return got;
}

static void tell_blind(struct waves *w)
{
	for (unsigned i = 0; i < sizeof(blind) / sizeof(blind[0]); i++)
		if (!w->cfg.have[blind[i].pin])
			json_array_append_new(w->im->blind, json_string(blind[i].what));
	json_array_append_new(w->im->blind,
			      json_string("guest memory that the device did not fetch"));
}

static int read_waves(struct waves *w)
{
	int err = bind_pins(w);

	if (!err)
		err = take_space(w);
	if (err)
		return err;
	default_pins(w);
	tell_blind(w);
	err = import_begin(w->im);
	if (err)
		return err;
	w->cfg.ctx = w;
	w->cfg.rec = on_rec;
	w->cfg.oddity = on_oddity;
	w->tap = pin_tap_new(&w->cfg);
	err = w->tap ? sample_all(w) : -ENOMEM;
	pin_tap_free(w->tap);
	if (w->oddities > ODDITIES_MAX)
		fprintf(stderr, "vcosim import: %s: %u more that are not AXI\n", w->im->path,
			w->oddities - ODDITIES_MAX);
	return err;
}

int import_waves(struct import *im)
{
	struct waves w = { .im = im };
	int err = vcd_open(im->path, &w.vcd, w.why);

	if (err) {
		fprintf(stderr, "vcosim import: %s: %s\n", im->path, w.why);
		return err;
	}
	err = read_waves(&w);
	vcd_close(w.vcd);
	return err;
}
