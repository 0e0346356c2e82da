/* SPDX-License-Identifier: MIT */
/* vcosim drive: the C driver takes the device through a life, without a guest. */
#include <errno.h>
#include <getopt.h>
#include <linux/virtio_balloon.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/cmd_drive.h"
#include "sim/cmd_judge.h"
#include "sim/cmd_rig.h"
#include "sim/driver.h"
#include "sim/features.h"
#include "sim/mem.h"
#include "sim/mutant.h"
#include "sim/port_io.h"

#define MEM_BYTES (64u << 20)
#define POOL_GPA  0x100000
#define LIVES_MAX 1000000
#define FIRST_PFN 0x1000 /* pages from 16 MiB on are free to be ballooned */

struct drive {
	struct port port;   /* of the rig */
	struct port driver; /* over it: what the driver is shown, and the first error */
	struct rig *rig;
	FILE *story;
	int err; /* the first that an access brought */
};

static int note(struct drive *d, int err)
{
	if (!d->err)
		d->err = err;
	return err;
}

static int port_read(void *ctx, struct dev_reg reg, uint32_t *val)
{
	struct drive *d = ctx;
	int err = d->port.read(d->port.ctx, reg, val);

	*val = rig_shown(d->rig, *val);
	return note(d, err);
}

static int port_write(void *ctx, struct dev_reg reg, uint32_t val)
{
	struct drive *d = ctx;

	return note(d, d->port.write(d->port.ctx, reg, val));
}

static int port_run(void *ctx)
{
	struct drive *d = ctx;

	return note(d, d->port.run(d->port.ctx));
}

static void port_step(void *ctx, uint64_t n)
{
	struct drive *d = ctx;

	d->port.step(d->port.ctx, n);
}

static struct drive *drive_of(void *ctx)
{
	return ((struct port *)ctx)->ctx;
}

static void say(void *ctx, const char *line)
{
	struct drive *d = drive_of(ctx);

	if (d->story)
		fprintf(d->story, "  driver: %s\n", line);
}

/* The host's side, for a driver that wants something to answer. */
static void ask(void *ctx, enum driver_ask what)
{
	struct drive *d = drive_of(ctx);
	struct dev *dev = rig_dev(d->rig);

	switch (what) {
	case DRIVER_ASK_STATS:
		dev_poll_stats(dev);
		break;
	case DRIVER_ASK_HINTS:
		dev_set_hint(dev, dev_next_hint(dev));
		break;
	case DRIVER_ASK_HINTS_END:
		dev_set_hint(dev, VIRTIO_BALLOON_CMD_ID_DONE);
		break;
	case DRIVER_ASK_TARGET:
		dev_set_target(dev, dev_target(dev) + 1);
		break;
	}
	port_run(d);
}

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim drive [OPTION...]\n"
		"Takes the device from reset to inflate, deflate and reset again, without a "
		"guest.\n"
		"\n"
		"  --transport NAME pci or mmio (default: pci)\n"
		"  --scenario NAME  what the driver plays (default: life)\n"
		"  --lives N        so many conforming lives before it (default: 0)\n"
		"  --target MIB     size of the balloon to inflate (default: 16)\n"
		"  --features LIST  what the device offers: names, 0xBITS, all or none\n"
		"  --skew SEED[:N]  a bus that is late, reluctant and out of order, by a seed;\n"
		"                   :N, one DMA burst in N answered with an error\n"
		"  --trace FILE     record the bus\n"
		"  --spec FILE      judge by this specification\n"
		"  --json           print the report as JSON instead of the story\n"
		"  --fault NAME     make the bus show a faulty device\n"
		"  --list           list the scenarios: name, what, clause that breaks or -\n"
		"  --faults         list the device faults: name, scenario, what, clause\n"
		"  --help           this text\n");
	return status;
}

static int list(bool mmio)
{
	const struct driver_scenario *sc;

	for (unsigned i = 0; (sc = mmio ? driver_mmio_scenario_at(i) : driver_scenario_at(i));
	     i++) {
		bool advisory = sc->advisory;
		const char *clause = mmio ? driver_mmio_clause(sc, &advisory) : sc->clause;

		printf("%-24s %-52s %s%s%s\n", sc->name, sc->what, sc->host ? "host-asks " : "",
		       advisory ? "advisory " : "", clause ? clause : "-");
	}
	return 0;
}

static int list_faults(bool mmio)
{
	const struct mutant_fault *fault;

	for (unsigned i = 0; (fault = mutant_fault_at(i)); i++)
		if (fault->mmio == mmio)
			printf("%-20s %-20s %-52s %s%s\n", fault->name, fault->scenario,
			       fault->what, fault->advisory ? "advisory " : "", fault->clause);
	return 0;
}

static bool map_memory(struct mem *mem, uint8_t **host)
{
	struct mem_window win = { .size = MEM_BYTES, .prot = MEM_R | MEM_W };

	win.fd = memfd_create("guest", MFD_CLOEXEC);
	if (win.fd < 0 || ftruncate(win.fd, MEM_BYTES))
		return false;
	win.host = mmap(NULL, MEM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, win.fd, 0);
	if (win.host == MAP_FAILED)
		return false;
	*host = win.host;
	return !mem_map(mem, &win);
}

/* What the story ends with. */
static void tell_end(const struct rig *rig, const char *name, const json_t *report, FILE *to)
{
	const struct reclaim *rc = rig_reclaim(rig);

	fprintf(to, "%s: %u violation%s, %lu pages inflated, %lu deflated, %lu bytes returned\n",
		name, rig_verdicts(rig), rig_verdicts(rig) == 1 ? "" : "s",
		(unsigned long)rc->inflated, (unsigned long)rc->deflated,
		(unsigned long)rc->returned);
	judge_tell_clauses(report, to);
}

/* Plays the scenario; the exit status. */
static int play(const struct drive_config *cfg, struct rig *rig, struct port port, uint8_t *host,
		struct drive_result *res)
{
	const struct driver_scenario *sc = cfg->scenario;
	struct drive d = { .port = port,
			   .driver = { .ctx = &d,
				       .read = port_read,
				       .write = port_write,
				       .run = port_run,
				       .step = port_step },
			   .rig = rig,
			   .story = cfg->rig.story };
	struct driver_io io = port_io(&d.driver, rig_is_mmio(rig));
	struct driver drv;
	int status = 0;

	io.say = say;
	io.ask = ask;
	io.pool = host + POOL_GPA;
	io.pool_gpa = POOL_GPA;
	io.pool_size = DRIVER_POOL;
	io.first_pfn = FIRST_PFN;
	io.npfns = (MEM_BYTES >> 12) - FIRST_PFN;
	dev_set_target(rig_dev(rig), cfg->target_mib << 8);
	for (unsigned long lives = cfg->lives; lives && !status; lives--)
		status = driver_play(&drv, &io, driver_scenario("life")) ? 2 : 0;
	if (!status)
		status = driver_play(&drv, &io, sc) ? 2 : 0;
	res->gave_up = status == 2;
	res->why = drv.error;
	if (rig_end(rig)) {
		res->gave_up = false;
		status = 2;
	}
	if (d.err == -ETIMEDOUT) {
		fprintf(stderr, "vcosim: the device hung\n");
		status = 2;
	}
	if (status)
		fprintf(stderr, "vcosim: %s: %s\n", sc->name, drv.error ? drv.error : "failed");
	else if (rig_verdicts(rig))
		status = 1;
	res->run = rig_report(rig);
	json_object_set_new(res->run, "exit", json_integer(status));
	if (cfg->rig.story)
		tell_end(rig, sc->name, res->run, cfg->rig.story);
	return status;
}

int drive_play(const struct drive_config *cfg, struct drive_result *res)
{
	struct rig_config rc = cfg->rig;
	struct port port;
	struct rig *rig;
	uint8_t *host;
	int status = 2;

	*res = (struct drive_result){ .run = NULL };
	rc.mem = mem_new();
	if (!rc.mem || !map_memory(rc.mem, &host)) {
		fprintf(stderr, "vcosim drive: no memory for the guest: %s\n", strerror(errno));
		return 2;
	}
	rc.dev.features &= ~cfg->scenario->without;
	rig = rig_mount(cfg->mount, &rc, &port);
	if (rig)
		status = play(cfg, rig, port, host, res);
	rig_unmount(cfg->mount, rig);
	mem_free(rc.mem);
	return status;
}

static void print_report(json_t *run)
{
	json_t *report = json_pack("{s:i, s:[O]}", "schema", 1, "runs", run);

	json_dumpf(report, stdout, JSON_INDENT(2));
	puts("");
	json_decref(report);
}

int drive_on(int argc, char **argv, const struct rig_mount *mount)
{
	static const struct option options[] = {
		{ "transport", required_argument, NULL, 'T' },
		{ "scenario", required_argument, NULL, 's' },
		{ "lives", required_argument, NULL, 'n' },
		{ "target", required_argument, NULL, 't' },
		{ "features", required_argument, NULL, 'O' },
		{ "skew", required_argument, NULL, 'k' },
		{ "trace", required_argument, NULL, 'r' },
		{ "spec", required_argument, NULL, 'c' },
		{ "profile", required_argument, NULL, 'p' },
		{ "fault", required_argument, NULL, 'f' },
		{ "faults", no_argument, NULL, 'F' },
		{ "json", no_argument, NULL, 'j' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct drive_config cfg = { .rig = { .name = "drive",
					     .dev = { .features = DEV_FEATURES_ALL } },
				    .target_mib = 16,
				    .mount = mount };
	struct drive_result res;
	unsigned long mib;
	const char *name = NULL;
	bool json = false, mmio = false;
	char *end;
	int opt, mode = 0, status;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'T':
			if (!rig_transport(optarg, &cfg.rig.dev.dut)) {
				fprintf(stderr,
					"vcosim drive: --transport %s: expected pci or mmio\n",
					optarg);
				return 2;
			}
			mmio = !strcmp(optarg, "mmio");
			break;
		case 's':
			name = optarg;
			break;
		case 't':
			mib = strtoul(optarg, &end, 10);
			if (*end || end == optarg || mib > 48) {
				fprintf(stderr,
					"vcosim drive: --target %s: expected MiB, 0 to 48\n",
					optarg);
				return 2;
			}
			cfg.target_mib = (unsigned)mib;
			break;
		case 'n':
			cfg.lives = strtoul(optarg, &end, 10);
			if (*end || end == optarg || cfg.lives > LIVES_MAX) {
				fprintf(stderr,
					"vcosim drive: --lives %s: expected a number up to %d\n",
					optarg, LIVES_MAX);
				return 2;
			}
			break;
		case 'O':
			if (!features_parse(optarg, &cfg.rig.dev.features)) {
				fprintf(stderr,
					"vcosim drive: --features %s: expected names, 0xBITS, all "
					"or "
					"none\n",
					optarg);
				return 2;
			}
			break;
		case 'k':
			if (!skew_parse(optarg, &cfg.rig.dev.skew)) {
				fprintf(stderr, "vcosim drive: --skew %s: " SKEW_EXPECTED "\n",
					optarg);
				return 2;
			}
			break;
		case 'r':
			cfg.rig.trace = optarg;
			break;
		case 'c':
			cfg.rig.spec = optarg;
			break;
		case 'p':
			cfg.rig.profile = optarg;
			break;
		case 'f':
			cfg.rig.fault = optarg;
			break;
		case 'F':
			mode = opt;
			break;
		case 'j':
			json = true;
			break;
		case 'l':
			mode = opt;
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "vcosim drive: unexpected argument '%s'\n", argv[optind]);
		return 2;
	}
	if (mode)
		return mode == 'l' ? list(mmio) : list_faults(mmio);
	if (!name)
		name = cfg.rig.fault && mutant_fault(cfg.rig.fault)
			       ? mutant_fault(cfg.rig.fault)->scenario
			       : "life";
	cfg.scenario = mmio ? driver_mmio_scenario(name) : driver_scenario(name);
	if (!cfg.scenario) {
		fprintf(stderr, "vcosim drive: no scenario '%s'; --list shows them\n", name);
		return 2;
	}
	cfg.rig.story = json ? NULL : stdout;
	status = drive_play(&cfg, &res);
	if (json && res.run)
		print_report(res.run);
	json_decref(res.run);
	return status;
}

int cmd_drive(int argc, char **argv)
{
	return drive_on(argc, argv, NULL);
}
