/* SPDX-License-Identifier: MIT */
/* vcosim serve: the device on a socket, for a QEMU that the user starts. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/backend_dev.h"
#include "bridge/loop.h"
#include "bridge/server.h"
#include "sim/cmd.h"
#include "sim/cmd_rig.h"
#include "sim/log.h"
#include "sim/mem.h"

struct serve {
	const char *path;
	unsigned long target; /* MiB */
	bool json;
	struct log log;
	struct loop *loop;
	struct mem *mem;
	struct rig *rig;
	struct backend_dev *backend;
	struct server *server;
};

static int usage(FILE *to, int status)
{
	fprintf(to, "usage: vcosim serve --socket PATH [OPTION...]\n"
		    "Serves the device to a QEMU (10.1 or later) that you start, one after the "
		    "other,\n"
		    "until SIGINT or SIGTERM. Prints the options that QEMU needs.\n"
		    "\n"
		    "  --socket PATH    the Unix socket to make\n"
		    "  --target MIB     size of the balloon to ask the guest for (default: 0)\n"
		    "  --trace FILE     record the bus\n"
		    "  --spec FILE      judge by this specification\n"
		    "  --json           print a report as JSON at the end instead of the story\n"
		    "  --help           this text\n");
	return status;
}

static void on_intx(void *ctx, bool level)
{
	struct serve *s = ctx;

	if (s->server)
		server_intx(s->server, level);
}

static void on_msix(void *ctx, unsigned vector)
{
	struct serve *s = ctx;

	if (s->server)
		server_msix(s->server, vector);
}

static void on_client(void *ctx, bool here)
{
	const struct serve *s = ctx;

	if (!s->json) {
		printf("%s\n", here ? "a guest connected" : "the guest is gone");
		fflush(stdout);
	}
}

static void on_signal(void *ctx, int signo)
{
	(void)signo;
	loop_stop(ctx, 0);
}

/* In single quotes, whatever is in it. */
static void print_quoted(FILE *to, const char *text)
{
	fputc('\'', to);
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", to);
		else
			fputc(*text, to);
	fputc('\'', to);
}

/* What to say to QEMU: the device, and guest memory that can be shared with it. */
static bool print_options(const struct serve *s, FILE *to)
{
	char full[PATH_MAX];
	json_t *device;
	char *text;

	if (!realpath(s->path, full))
		return false;
	device = json_pack("{s:s, s:{s:s, s:s}}", "driver", "vfio-user-pci", "socket", "type",
			   "unix", "path", full);
	text = device ? json_dumps(device, JSON_COMPACT) : NULL;
	json_decref(device);
	if (!text) {
		fprintf(stderr, "vcosim serve: %s: a path must be UTF-8\n", full);
		return false;
	}
	fprintf(to, "-object memory-backend-memfd,id=ram,size=1G,share=on -m 1G "
		    "-machine memory-backend=ram -device ");
	print_quoted(to, text);
	fputc('\n', to);
	fflush(to);
	free(text);
	return true;
}

static bool set_up(struct serve *s, const struct rig_config *rig)
{
	struct server_config cfg = { .path = s->path,
				     .loop = s->loop,
				     .mem = s->mem,
				     .log = &s->log,
				     .ctx = s,
				     .client = on_client };
	struct port port;

	/* First: the model may have threads, which inherit what is blocked. */
	if (!loop_signal(s->loop, SIGINT, on_signal, s->loop) ||
	    !loop_signal(s->loop, SIGTERM, on_signal, s->loop))
		return false;
	s->rig = rig_new(rig);
	if (!s->rig)
		return false;
	port = port_of_dev(rig_dev(s->rig));
	s->backend = backend_dev_new(&port, &s->log);
	if (!s->backend)
		return false;
	cfg.backend = backend_dev_get(s->backend);
	if (server_new(&cfg, &s->server))
		return false;
	dev_set_target(rig_dev(s->rig), (uint32_t)(s->target << 8));
	return true;
}

static json_t *server_report(const struct server_stats *st)
{
	const struct session_stats *ses = &st->ses;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "clients",
			 (json_int_t)st->clients, "refused", (json_int_t)st->refused, "dropped",
			 (json_int_t)st->dropped, "messages", (json_int_t)ses->messages, "errors",
			 (json_int_t)ses->errors, "reads", (json_int_t)ses->reads, "writes",
			 (json_int_t)ses->writes, "posted", (json_int_t)ses->posted, "dma_messages",
			 (json_int_t)(ses->dma_read_msgs + ses->dma_write_msgs), "irqs",
			 (json_int_t)(ses->irq_intx + ses->irq_msix));
}

static void report(const struct serve *s, const struct server_stats *st, int status)
{
	json_t *run, *root;

	if (!s->json) {
		printf("%" PRIu64 " guests, %" PRIu64 " messages, %u violations\n", st->clients,
		       st->ses.messages, rig_verdicts(s->rig));
		return;
	}
	run = rig_report(s->rig);
	json_object_set_new(run, "exit", json_integer(status));
	json_object_set_new(run, "server", server_report(st));
	root = json_pack("{s:i, s:[o]}", "schema", 1, "runs", run);
	json_dumpf(root, stdout, JSON_INDENT(2));
	puts("");
	json_decref(root);
}

static int serve(struct serve *s, const struct rig_config *rig)
{
	struct server_stats st;
	int status;

	s->loop = loop_new();
	if (!s->loop || !s->mem) {
		fprintf(stderr, "vcosim serve: out of memory\n");
		return 2;
	}
	if (!set_up(s, rig) || !print_options(s, s->json ? stderr : stdout))
		return 2;
	status = loop_run(s->loop) ? 2 : 0;
	server_stats(s->server, &st);
	server_free(s->server);
	s->server = NULL;
	if (rig_end(s->rig))
		status = 2;
	else if (!status && rig_verdicts(s->rig))
		status = 1;
	report(s, &st, status);
	return status;
}

/* False, with a line that says why, if the command line makes no sense. */
static bool parse(struct serve *s, struct rig_config *rig, int argc, char **argv, int *status)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "target", required_argument, NULL, 't' },
		{ "trace", required_argument, NULL, 'r' },
		{ "spec", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	char *end;
	int opt;

	*status = 2;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 's':
			s->path = optarg;
			break;
		case 't':
			s->target = strtoul(optarg, &end, 10);
			if (*end || end == optarg || s->target > UINT32_MAX >> 8) {
				fprintf(stderr, "vcosim serve: --target %s: expected MiB\n",
					optarg);
				return false;
			}
			break;
		case 'r':
			rig->trace = optarg;
			break;
		case 'c':
			rig->spec = optarg;
			break;
		case 'j':
			s->json = true;
			break;
		case 'h':
			*status = usage(stdout, 0);
			return false;
		default:
			usage(stderr, 2);
			return false;
		}
	}
	if (optind < argc)
		fprintf(stderr, "vcosim serve: unexpected argument '%s'\n", argv[optind]);
	else if (!s->path)
		fprintf(stderr, "vcosim serve: --socket PATH is missing\n");
	return optind == argc && s->path;
}

int cmd_serve(int argc, char **argv)
{
	struct serve s = { .log = { .to = stderr, .level = LOG_WARN, .name = "vcosim serve" } };
	struct dev_sink front = { .ctx = &s, .intx = on_intx, .msix = on_msix };
	struct rig_config rig = { .name = "serve",
				  .dev = { .features = DEV_FEATURES_ALL },
				  .front = &front };
	int status;

	if (!parse(&s, &rig, argc, argv, &status))
		return status;
	s.mem = mem_new();
	rig.mem = s.mem;
	rig.story = s.json ? NULL : stdout;
	status = serve(&s, &rig);
	server_free(s.server);
	backend_dev_free(s.backend);
	rig_free(s.rig);
	mem_free(s.mem);
	loop_free(s.loop);
	return status;
}
