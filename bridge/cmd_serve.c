/* SPDX-License-Identifier: MIT */
/* vcosim serve: devices on sockets, for a QEMU that the user starts. */
#include <getopt.h>
#include <jansson.h>
#include <linux/virtio_config.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/cmd_served.h"
#include "bridge/loop.h"
#include "sim/cmd.h"
#include "sim/cmd_rig.h"
#include "sim/dev.h"
#include "sim/features.h"

#define DEVICES_MAX 16
#define WAIVE_MAX   32

struct serve {
	struct served_config cfg[DEVICES_MAX];
	struct served *served[DEVICES_MAX];
	unsigned n;
	bool json, no_trace, spec_queues, blocking;
	uint64_t features; /* that the devices offer */
	struct skew skew;
	const char *waive[WAIVE_MAX + 1], *profile;
	unsigned nwaive;
	struct loop *loop;
};

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim serve --socket PATH [OPTION...]\n"
		"Serves devices to QEMUs (10.1 or later) that you start, one guest after the "
		"other\n"
		"on each, until SIGINT or SIGTERM. Prints the options that QEMU needs.\n"
		"\n"
		"  --socket PATH    the Unix socket to make: a device. Again: one more device,\n"
		"                   with its own RTL, trace and monitor; what follows is its own\n"
		"  --dut NAME       the device: `vcosim duts` lists them (default: balloon-pci)\n"
		"  --transport NAME pci (default) or mmio: the balloon over that; a Linux guest "
		"of\n"
		"                   an mmio one needs pci=off on its command line\n"
		"  --name NAME      what story and report call the device\n"
		"  --target MIB     size of the balloon to ask the guest for (default: 0)\n"
		"  --qmp PATH       a control socket, for `vcosim ctl` and clients of QEMU's QMP\n"
		"  --dmesg          violations appear in the guest's kernel log, through a serial "
		"port\n"
		"                   more (README, \"From the bus to dmesg\")\n"
		"  --trace FILE     record the session here (default: PATH.trace)\n"
		"  --spec FILE      judge by this specification\n"
		"  --cycle-budget N RTL cycles that an access may take (default: 1000000)\n"
		"  --profile NAME   spec-1.4, which waives nothing (default), or practice\n"
		"  --waive RULE     a known finding of the driver: counted, no violation;\n"
		"                   RULE(N): only for queue N (events with N first). Again: more\n"
		"  --queue-map MAP  dense, as Linux numbers queues (default), or spec\n"
		"  --features LIST  what the devices offer: names, 0xBITS, all (default) or none\n"
		"  --skew SEED[:N]  a bus that is late, reluctant and out of order, by a seed; "
		":N,\n"
		"                   one DMA burst in N answered with an error\n"
		"  --no-trace       record nothing\n"
		"  --no-poll        sleep after each message, even while a guest sends one after "
		"the other\n"
		"  --json           print a report as JSON at the end instead of the story\n"
		"  --help           this text\n");
	return status;
}

static void on_quit(void *ctx)
{
	loop_stop(ctx, 0);
}

static void on_signal(void *ctx, int signo)
{
	(void)signo;
	loop_stop(ctx, 0);
}

/* What to say to QEMU: the device, and guest memory that can be shared with it. */
static bool print_options(const struct served *sv, FILE *to)
{
	fprintf(to, "-object memory-backend-memfd,id=ram,size=1G,share=on -m 1G "
		    "-machine memory-backend=ram ");
	if (!served_print_device(sv, to))
		return false;
	fputc('\n', to);
	fflush(to);
	return true;
}

static bool set_up(struct serve *s)
{
	s->loop = loop_new();
	/* First: the model may have threads, which inherit what is blocked. */
	if (!s->loop || !loop_signal(s->loop, SIGINT, on_signal, s->loop) ||
	    !loop_signal(s->loop, SIGTERM, on_signal, s->loop)) {
		fprintf(stderr, "vcosim serve: out of memory\n");
		return false;
	}
	if (!s->blocking)
		loop_be_quick(s->loop);
	for (unsigned i = 0; i < s->n; i++) {
		struct served_config *cfg = &s->cfg[i];

		cfg->loop = s->loop;
		cfg->waive = s->nwaive ? s->waive : NULL;
		cfg->profile = s->profile;
		cfg->spec_queues = s->spec_queues;
		cfg->features = s->features;
		cfg->skew = s->skew;
		cfg->log = (struct log){ .to = stderr, .level = LOG_WARN, .name = "vcosim serve" };
		cfg->story = s->json ? NULL : stdout;
		cfg->ctx = s->loop;
		cfg->quit = on_quit;
		s->served[i] = served_new(cfg);
		if (!s->served[i] || !print_options(s->served[i], s->json ? stderr : stdout))
			return false;
	}
	return true;
}

static int serve(struct serve *s)
{
	json_t *runs = json_array();
	int status = 0;

	if (loop_run(s->loop))
		status = 2;
	for (unsigned i = 0; i < s->n; i++) {
		int got = served_end(s->served[i], runs);

		status = got > status ? got : status;
	}
	if (s->json) {
		json_t *root = json_pack("{s:i, s:O}", "schema", 1, "runs", runs);

		json_dumpf(root, stdout, JSON_INDENT(2));
		puts("");
		json_decref(root);
	}
	json_decref(runs);
	return status;
}

/* --- the command line ------------------------------------------------------------------- */

static bool no(const char *what, const char *why)
{
	fprintf(stderr, "vcosim serve: %s: %s\n", what, why);
	return false;
}

static bool copy(const char *what, char *to, size_t room, const char *from)
{
	if (strlen(from) >= room)
		return no(what, "too long");
	strcpy(to, from);
	return true;
}

static bool number(const char *what, const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	*out = strtoul(text, &end, 10);
	if (*end || end == text || *text == '-' || *out > max) {
		fprintf(stderr, "vcosim serve: %s %s: expected a number, at most %lu\n", what, text,
			max);
		return false;
	}
	return true;
}

static bool add_device(struct serve *s, const char *path)
{
	struct served_config *cfg = &s->cfg[s->n];

	if (s->n == DEVICES_MAX)
		return no("--socket", "expected at most 16");
	if (s->n)
		snprintf(cfg->name, sizeof(cfg->name), "serve-%u", s->n + 1);
	else if (!cfg->name[0])
		strcpy(cfg->name, "serve");
	s->n++;
	return copy("--socket", cfg->socket, sizeof(cfg->socket), path);
}

/* An option of the device that is described at the moment; before the first, of the first. */
static bool device_option(struct serve *s, int opt, const char *arg)
{
	struct served_config *cfg = &s->cfg[s->n ? s->n - 1 : 0];
	unsigned long val;

	switch (opt) {
	case 's':
		return add_device(s, arg);
	case 'D':
		cfg->dut = arg;
		return true;
	case 'T':
		if (!rig_transport(arg, &cfg->dut))
			return no("--transport", "expected pci or mmio");
		return true;
	case 'N':
		return copy("--name", cfg->name, sizeof(cfg->name), arg);
	case 'q':
		return copy("--qmp", cfg->qmp, sizeof(cfg->qmp), arg);
	case 'd':
		cfg->dmesg = true;
		return true;
	case 'r':
		return copy("--trace", cfg->trace, sizeof(cfg->trace), arg);
	case 'c':
		return copy("--spec", cfg->spec, sizeof(cfg->spec), arg);
	case 'b':
		if (!number("--cycle-budget", arg, UINT32_MAX, &val))
			return false;
		cfg->cycle_budget = val;
		return true;
	default:
		if (!number("--target", arg, UINT32_MAX >> 8, &val))
			return false;
		cfg->target = (unsigned)val;
		return true;
	}
}

static bool traces(struct serve *s)
{
	static const char suffix[] = ".trace";

	for (unsigned i = 0; i < s->n; i++) {
		struct served_config *cfg = &s->cfg[i];

		if (s->no_trace) {
			cfg->trace[0] = '\0';
		} else if (!cfg->trace[0]) {
			if (strlen(cfg->socket) + sizeof(suffix) > sizeof(cfg->trace))
				return no(cfg->socket, "too long");
			strcpy(cfg->trace, cfg->socket);
			strcat(cfg->trace, suffix);
		}
	}
	return true;
}

/* -1: go on; else the exit status. */
static int parse(struct serve *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "dut", required_argument, NULL, 'D' },
		{ "transport", required_argument, NULL, 'T' },
		{ "name", required_argument, NULL, 'N' },
		{ "target", required_argument, NULL, 't' },
		{ "qmp", required_argument, NULL, 'q' },
		{ "dmesg", no_argument, NULL, 'd' },
		{ "trace", required_argument, NULL, 'r' },
		{ "spec", required_argument, NULL, 'c' },
		{ "cycle-budget", required_argument, NULL, 'b' },
		{ "profile", required_argument, NULL, 'P' },
		{ "waive", required_argument, NULL, 'w' },
		{ "queue-map", required_argument, NULL, 'M' },
		{ "features", required_argument, NULL, 'f' },
		{ "skew", required_argument, NULL, 'k' },
		{ "no-trace", no_argument, NULL, 'n' },
		{ "no-poll", no_argument, NULL, 'p' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	s->features = DEV_FEATURES_ALL;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'n':
			s->no_trace = true;
			break;
		case 'p':
			s->blocking = true;
			break;
		case 'P':
			s->profile = optarg;
			break;
		case 'w':
			if (s->nwaive == WAIVE_MAX) {
				no("--waive", "expected at most 32");
				return 2;
			}
			s->waive[s->nwaive++] = optarg;
			break;
		case 'f':
			if (!features_parse(optarg, &s->features)) {
				no("--features", "expected names, 0xBITS, all or none");
				return 2;
			}
			s->features |= 1ULL << VIRTIO_F_VERSION_1; /* 0 is another word for all */
			break;
		case 'k':
			if (!skew_parse(optarg, &s->skew)) {
				no("--skew", SKEW_EXPECTED);
				return 2;
			}
			break;
		case 'M':
			s->spec_queues = !strcmp(optarg, "spec");
			if (!s->spec_queues && strcmp(optarg, "dense")) {
				no("--queue-map", "expected dense or spec");
				return 2;
			}
			break;
		case 'j':
			s->json = true;
			break;
		case 'h':
			return usage(stdout, 0);
		case '?':
			return usage(stderr, 2);
		default:
			if (!device_option(s, opt, optarg))
				return 2;
		}
	}
	if (optind < argc)
		fprintf(stderr, "vcosim serve: unexpected argument '%s'\n", argv[optind]);
	else if (!s->n)
		fprintf(stderr, "vcosim serve: --socket PATH is missing\n");
	return optind == argc && s->n && traces(s) ? -1 : 2;
}

int cmd_serve(int argc, char **argv)
{
	struct serve *s = calloc(1, sizeof(*s));
	int status = s ? parse(s, argc, argv) : 2;

	if (status < 0)
		status = set_up(s) ? serve(s) : 2;
	for (unsigned i = 0; s && i < s->n; i++)
		served_free(s->served[i]);
	if (s)
		loop_free(s->loop);
	free(s);
	return status;
}
