/* SPDX-License-Identifier: MIT */
/*
 * The status life cycle in specs/: good drivers and odd but legal ones are let pass, each
 * wrong step is named by its clause, first and in the instant in which it happens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/ccsl_kit.h"

#define SPEC "Import \"specs/life_device.ccsl\" Import \"specs/life_pci.ccsl\""

/* Pieces of a driver's life, one instant a line. */
#define RESET   "status_write(0)\nstatus_read(0)\n"
#define ACK     "status_read(0)\nstatus_write(1)\n"
#define DRIVER  "status_read(1)\nstatus_write(3)\n"
#define OFFER   "device_feature_read(0,0x2b)\ndevice_feature_read(1,1)\n"
#define ACCEPT  "driver_feature_write(0,0x2b)\ndriver_feature_write(1,1)\n"
#define FEAT_OK "status_read(3)\nstatus_write(11)\n"
#define REREAD  "status_read(11)\n"
#define ADDR(q)                                                           \
	"queue_addr_write(" q ",0,0x1000)\nqueue_addr_write(" q ",1,0)\n" \
	"queue_addr_write(" q ",2,0x2000)\nqueue_addr_write(" q ",3,0)\n" \
	"queue_addr_write(" q ",4,0x3000)\nqueue_addr_write(" q ",5,0)\n"
#define QUEUE(q)                                                                              \
	"queue_select_write(" q ")\nqueue_size_read(" q ",256)\nqueue_enable_read(" q ",0)\n" \
	"queue_size_write(" q ",256)\n" ADDR(q) "queue_vector_write(" q ",1)\n"               \
						"queue_vector_read(" q                        \
						",1)\nqueue_enable_write(" q ",1)\n"
#define LIVE      "status_read(11)\nstatus_write(15)\nstatus_read(15)\n"
#define UP_TO_ACK "host_reset\n" RESET ACK
#define UP_TO_DRV UP_TO_ACK DRIVER
#define UP_TO_FOK UP_TO_DRV OFFER ACCEPT FEAT_OK
#define GOOD      UP_TO_FOK REREAD QUEUE("0") QUEUE("1") LIVE
#define WORK                                                                                       \
	"notify(0,0,2)\navail_idx_read(0,1)\navail_entry_read(0,0,0)\ndesc_read(0,0,4096,4,0,0)\n" \
	"payload_read(0,4096,4,0)\nused_entry_write(0,0,0,0)\nused_idx_write(0,1)\nirq_msix(1)\n"

struct drive {
	const char *what, *trace;
	const char *expect; /* clauses of the verdicts, in order; "" for none */
	enum ccsl_blame blame;
};

static void judge(const struct drive *d, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char got[512] = "", report[2048] = "";
		struct kit_log log;

		kit_text(SPEC, d[i].trace, &log);
		for (unsigned k = 0; k < log.n; k++) {
			size_t used = strlen(got), said = strlen(report);

			snprintf(got + used, sizeof(got) - used, "%s%s", k ? " " : "",
				 log.v[k].clause);
			snprintf(report + said, sizeof(report) - said, "  %s at %s (instant %u)\n",
				 log.v[k].rule, log.v[k].event, (unsigned)log.v[k].instant);
			assert_int_equal(log.v[k].blame, d[i].blame);
		}
		if (strcmp(got, d[i].expect))
			fail_msg("%s: verdicts \"%s\", expected \"%s\"\n%s", d[i].what, got,
				 d[i].expect, report);
	}
}

#define JUDGE(table) judge(table, sizeof(table) / sizeof((table)[0]))

static void test_good(void **state)
{
	static const struct drive t[] = {
		{ "Linux over PCI", GOOD WORK, "", CCSL_DRIVER },
		{ "two lives",
		  GOOD WORK RESET ACK DRIVER OFFER ACCEPT FEAT_OK REREAD QUEUE("0") LIVE WORK, "",
		  CCSL_DRIVER },
		{ "a life given up half way, then a good one",
		  UP_TO_DRV OFFER RESET ACK DRIVER OFFER ACCEPT FEAT_OK REREAD QUEUE("0") LIVE WORK,
		  "", CCSL_DRIVER },
	};

	(void)state;
	JUDGE(t);
}

static void test_odd_but_legal(void **state)
{
	static const struct drive t[] = {
		{ "absolute values, never reading back but where it is due",
		  "host_reset\n" RESET "status_write(1)\nstatus_write(3)\n" OFFER ACCEPT
		  "status_write(11)\n" REREAD QUEUE("0") "status_write(15)\n" WORK,
		  "", CCSL_DRIVER },
		{ "ACKNOWLEDGE and DRIVER in one write",
		  "host_reset\n" RESET "status_write(3)\n" OFFER ACCEPT FEAT_OK REREAD QUEUE("0")
			  LIVE,
		  "", CCSL_DRIVER },
		{ "a bit written twice",
		  "host_reset\n" RESET
		  "status_write(1)\nstatus_write(1)\nstatus_write(3)\nstatus_write(3)\n" OFFER
			  ACCEPT "status_write(11)\nstatus_write(11)\n" REREAD QUEUE(
				  "0") "status_write(15)\nstatus_write(15)\n",
		  "", CCSL_DRIVER },
		{ "resets in a row, before anything and in the middle",
		  "host_reset\n" RESET RESET
		  "status_write(0)\nstatus_write(0)\nstatus_read(0)\n" ACK DRIVER RESET RESET ACK
			  DRIVER OFFER ACCEPT FEAT_OK RESET,
		  "", CCSL_DRIVER },
		{ "a reset that takes a while, polled",
		  GOOD WORK
		  "status_write(0)\nstatus_read(15)\nstatus_read(15)\nstatus_read(0)\n" ACK,
		  "", CCSL_DRIVER },
		{ "queues tidied away after the reset",
		  GOOD WORK RESET "queue_select_write(0)\nqueue_vector_write(0,0xffff)\n"
				  "queue_select_write(1)\nqueue_vector_write(1,0xffff)\nconfig_"
				  "vector_write(0xffff)\n",
		  "", CCSL_DRIVER },
		{ "the same, before the reset has ended",
		  GOOD WORK
		  "status_write(0)\nqueue_select_write(0)\nqueue_vector_write(0,0xffff)\n",
		  "", CCSL_DRIVER },
		{ "features written, trimmed and written again",
		  UP_TO_DRV OFFER ACCEPT "config_read(0,4,0)\ndriver_feature_write(0,0x3)\n"
					 "driver_feature_write(1,1)\n" FEAT_OK REREAD QUEUE("0")
						 LIVE,
		  "", CCSL_DRIVER },
		{ "the high word first, and a feature that is not on offer taken back in time",
		  UP_TO_DRV OFFER "driver_feature_write(1,1)\ndriver_feature_write(0,0xffffffff)\n"
				  "driver_feature_write(0,0x2)\n" FEAT_OK REREAD QUEUE("0") LIVE,
		  "", CCSL_DRIVER },
		{ "configuration read during negotiation",
		  UP_TO_DRV "config_read(0,4,0)\n" OFFER "config_read(4,4,0)\n" ACCEPT FEAT_OK, "",
		  CCSL_DRIVER },
		{ "configuration written after FEATURES_OK was read back",
		  UP_TO_FOK REREAD "config_write(4,4,0)\n", "", CCSL_DRIVER },
		{ "FAILED from the start", "host_reset\nstatus_write(0x80)\n", "", CCSL_DRIVER },
		{ "FAILED while live, then a reset and a new attempt",
		  GOOD WORK
		  "status_write(0x8f)\nstatus_write(0x8f)\n" RESET ACK DRIVER OFFER ACCEPT,
		  "", CCSL_DRIVER },
		{ "features refused, FAILED", UP_TO_FOK "status_read(3)\nstatus_write(0x83)\n", "",
		  CCSL_DRIVER },
		{ "features refused, reset, fewer of them",
		  UP_TO_FOK
		  "status_read(3)\n" RESET ACK DRIVER OFFER
		  "driver_feature_write(0,0)\ndriver_feature_write(1,1)\n" FEAT_OK REREAD QUEUE("0")
			  LIVE,
		  "", CCSL_DRIVER },
		{ "NEEDS_RESET is announced, read, and written back",
		  GOOD WORK
		  "irq_msix(0)\nstatus_read(0x4f)\nstatus_write(0x4f)\nstatus_write(0xf)\n",
		  "", CCSL_DRIVER },
		{ "FEATURES_OK read back twice, set-up, DRIVER_OK without a further read",
		  UP_TO_FOK REREAD REREAD QUEUE("0") "status_write(15)\n" WORK, "", CCSL_DRIVER },
		{ "rings filled before DRIVER_OK, notified after",
		  UP_TO_FOK REREAD QUEUE("0") LIVE "avail_idx_read(0,3)\n" WORK, "", CCSL_DRIVER },
		{ "no queue at all", UP_TO_FOK REREAD LIVE, "", CCSL_DRIVER },
		{ "low halves of the addresses only",
		  UP_TO_FOK REREAD "queue_addr_write(0,4,0x3000)\nqueue_addr_write(0,0,0x1000)\n"
				   "queue_addr_write(0,2,0x2000)\nqueue_enable_write(0,1)\n" LIVE,
		  "", CCSL_DRIVER },
		{ "queues out of order, a size left at its default",
		  UP_TO_FOK REREAD ADDR("4") "queue_enable_write(4,1)\n" QUEUE("2") LIVE, "",
		  CCSL_DRIVER },
		{ "SUSPEND and resume, where only the device clears DRIVER_OK",
		  GOOD WORK "status_write(0x1f)\nstatus_read(0x1b)\nstatus_write(0x1f)\nstatus_"
			    "read(0xf)\n" WORK,
		  "", CCSL_DRIVER },
		{ "the device in reset while live",
		  GOOD WORK "host_reset\n" RESET ACK DRIVER OFFER ACCEPT FEAT_OK REREAD QUEUE("0")
			  LIVE,
		  "", CCSL_DRIVER },
	};

	(void)state;
	JUDGE(t);
}

static void test_wrong_status(void **state)
{
	static const struct drive t[] = {
		{ "no reset at first", "host_reset\nstatus_write(1)\n", "DRV-3.1.1-1",
		  CCSL_DRIVER },
		{ "no reset at first, but a good life otherwise",
		  "host_reset\n" ACK DRIVER OFFER ACCEPT FEAT_OK REREAD QUEUE("0") LIVE WORK,
		  "DRV-3.1.1-1", CCSL_DRIVER },
		{ "no ACKNOWLEDGE", "host_reset\n" RESET "status_write(2)\n", "DRV-3.1.1-2",
		  CCSL_DRIVER },
		{ "no DRIVER before the features",
		  UP_TO_ACK OFFER ACCEPT
		  "status_write(3)\nstatus_write(11)\n" REREAD QUEUE("0") "status_write(15)\n",
		  "DRV-3.1.1-3", CCSL_DRIVER },
		{ "no DRIVER at all", UP_TO_ACK "status_write(9)\n", "DRV-3.1.1-3 DRV-3.1.1-5",
		  CCSL_DRIVER },
		{ "a bit taken away", UP_TO_DRV "status_write(1)\n", "DRV-2.1.1-2", CCSL_DRIVER },
		{ "each bit alone", "host_reset\n" RESET "status_write(1)\nstatus_write(2)\n",
		  "DRV-2.1.1-2", CCSL_DRIVER },
		{ "DRIVER_OK taken away", GOOD WORK "status_write(11)\n", "DRV-2.1.1-2",
		  CCSL_DRIVER },
		{ "a second life without a reset", GOOD WORK "status_write(1)\n", "DRV-2.1.1-2",
		  CCSL_DRIVER },
		{ "a new attempt after FAILED", UP_TO_DRV "status_write(0x83)\nstatus_write(1)\n",
		  "DRV-2.1.1-3", CCSL_DRIVER },
		{ "going on after FAILED", UP_TO_DRV OFFER "status_write(0x83)\n" ACCEPT,
		  "DRV-3.1.1-15", CCSL_DRIVER },
		{ "a further bit after FAILED",
		  UP_TO_ACK "status_write(0x81)\nstatus_write(0x83)\n", "DRV-3.1.1-15",
		  CCSL_DRIVER },
		{ "re-initialisation without waiting for the reset",
		  GOOD WORK "status_write(0)\nstatus_write(1)\n", "DRV-4.1.4.3.2-5", CCSL_DRIVER },
		{ "the same, though the status was read once",
		  GOOD WORK "status_write(0)\nstatus_read(15)\nstatus_write(1)\n",
		  "DRV-4.1.4.3.2-5", CCSL_DRIVER },
	};

	(void)state;
	JUDGE(t);
}

static void test_wrong_features(void **state)
{
	static const struct drive t[] = {
		{ "features not looked at", UP_TO_DRV ACCEPT, "DRV-3.1.1-4", CCSL_DRIVER },
		{ "features looked at in an earlier life only",
		  UP_TO_DRV OFFER RESET ACK DRIVER ACCEPT, "DRV-3.1.1-4", CCSL_DRIVER },
		{ "features not written", UP_TO_DRV OFFER FEAT_OK, "DRV-3.1.1-5", CCSL_DRIVER },
		{ "a feature that is not on offer",
		  UP_TO_DRV OFFER
		  "driver_feature_write(0,0x2f)\ndriver_feature_write(1,1)\n" FEAT_OK,
		  "DRV-2.2.1-1", CCSL_DRIVER },
		{ "the same in the high word",
		  UP_TO_DRV OFFER
		  "driver_feature_write(0,0x2b)\ndriver_feature_write(1,3)\n" FEAT_OK,
		  "DRV-2.2.1-1", CCSL_DRIVER },
		{ "VERSION_1 left out",
		  UP_TO_DRV OFFER
		  "driver_feature_write(0,0x2b)\ndriver_feature_write(1,0)\n" FEAT_OK,
		  "DRV-6.1-1", CCSL_DRIVER },
		{ "the high word never written",
		  UP_TO_DRV OFFER "driver_feature_write(0,0x2b)\n" FEAT_OK, "DRV-6.1-1",
		  CCSL_DRIVER },
		{ "a feature added after FEATURES_OK",
		  UP_TO_DRV OFFER
		  "driver_feature_write(0,1)\ndriver_feature_write(1,1)\n" FEAT_OK REREAD
		  "driver_feature_write(0,3)\n",
		  "DRV-3.1.1-9", CCSL_DRIVER },
		{ "configuration written while features are negotiated",
		  UP_TO_DRV OFFER "config_write(4,4,1)\n" ACCEPT FEAT_OK REREAD, "DRV-3.1.1-7",
		  CCSL_DRIVER },
	};

	(void)state;
	JUDGE(t);
}

static void test_wrong_set_up(void **state)
{
	static const struct drive t[] = {
		{ "FEATURES_OK not read back", UP_TO_FOK QUEUE("0") QUEUE("1") LIVE WORK,
		  "DRV-3.1.1-10", CCSL_DRIVER },
		{ "not read back even before DRIVER_OK",
		  UP_TO_FOK QUEUE("0") "status_write(15)\n" WORK, "DRV-3.1.1-10", CCSL_DRIVER },
		{ "not read back, no queues", UP_TO_FOK "status_write(15)\n", "DRV-3.1.1-10",
		  CCSL_DRIVER },
		{ "FEATURES_OK and DRIVER_OK in one write",
		  UP_TO_DRV OFFER ACCEPT "status_write(15)\n", "DRV-3.1.1-10", CCSL_DRIVER },
		{ "configuration written before the read back",
		  UP_TO_FOK "config_write(4,4,1)\n" REREAD, "DRV-3.1.1-10", CCSL_DRIVER },
		{ "refused, and going on with the queues", UP_TO_FOK "status_read(3)\n" QUEUE("0"),
		  "DRV-3.1.1-11", CCSL_DRIVER },
		{ "refused, and DRIVER_OK", UP_TO_FOK "status_read(3)\nstatus_write(7)\n",
		  "DRV-3.1.1-11", CCSL_DRIVER },
		{ "refused, and a notification", UP_TO_FOK "status_read(3)\nnotify(0,0,2)\n",
		  "DRV-3.1.1-11", CCSL_DRIVER },
		{ "queues set up before FEATURES_OK",
		  UP_TO_DRV OFFER ACCEPT QUEUE("0") FEAT_OK REREAD LIVE, "DRV-3.1.1-8",
		  CCSL_DRIVER },
		{ "queues set up before the features are written",
		  UP_TO_DRV OFFER QUEUE("0") ACCEPT FEAT_OK REREAD LIVE, "DRV-3.1.1-12",
		  CCSL_DRIVER },
		{ "no FEATURES_OK", UP_TO_DRV OFFER ACCEPT "status_write(7)\n", "DRV-3.1.1-8",
		  CCSL_DRIVER },
		{ "no FEATURES_OK, with queues",
		  UP_TO_DRV OFFER ACCEPT QUEUE("0") "status_write(7)\n" WORK, "DRV-3.1.1-8",
		  CCSL_DRIVER },
		{ "a queue enabled after DRIVER_OK", GOOD QUEUE("3"), "DRV-3.1.1-12", CCSL_DRIVER },
		{ "notified before DRIVER_OK",
		  UP_TO_FOK REREAD QUEUE("0") "notify(0,0,2)\n" LIVE WORK, "DRV-3.1.1-16",
		  CCSL_DRIVER },
		{ "notified in a new life, before its DRIVER_OK",
		  GOOD WORK RESET ACK "notify(0,0,2)\n", "DRV-3.1.1-16", CCSL_DRIVER },
		{ "an area without an address",
		  UP_TO_FOK REREAD "queue_addr_write(0,0,1)\nqueue_addr_write(0,2,1)\n"
				   "queue_enable_write(0,1)\n",
		  "DRV-4.1.4.3.2-4", CCSL_DRIVER },
		{ "addresses of another queue, and of an earlier life",
		  GOOD RESET ACK DRIVER OFFER ACCEPT FEAT_OK REREAD ADDR(
			  "1") "queue_enable_write(0,1)\n",
		  "DRV-4.1.4.3.2-4", CCSL_DRIVER },
		{ "an enabled queue moved",
		  UP_TO_FOK REREAD QUEUE("0") "queue_addr_write(0,0,0x5000)\n", "DRV-4.1.4.3.2-4",
		  CCSL_DRIVER },
		{ "an enabled queue resized", UP_TO_FOK REREAD QUEUE("0") "queue_size_write(0,8)\n",
		  "DRV-4.1.4.3.2-4", CCSL_DRIVER },
		{ "a queue disabled by writing 0", GOOD WORK "queue_enable_write(1,0)\n",
		  "DRV-4.1.4.3.2-6", CCSL_DRIVER },
	};

	(void)state;
	JUDGE(t);
}

static void test_wrong_device(void **state)
{
	static const struct drive t[] = {
		{ "the status changes by itself after a reset",
		  "host_reset\n" RESET "status_read(1)\n", "DEV-2.4.1-1", CCSL_DEVICE },
		{ "rings read before DRIVER_OK",
		  UP_TO_FOK REREAD QUEUE("0") "avail_idx_read(0,1)\n", "DEV-2.1.2-1", CCSL_DEVICE },
		{ "rings written after a reset", GOOD WORK RESET "used_idx_write(0,2)\n",
		  "DEV-2.4.1-3", CCSL_DEVICE },
		{ "a straggler while the reset is under way",
		  GOOD WORK
		  "status_write(0)\nused_idx_write(0,2)\nstatus_read(15)\nstatus_read(0)\n",
		  "", CCSL_DEVICE },
		{ "a queue's message before DRIVER_OK", UP_TO_FOK REREAD QUEUE("0") "irq_msix(1)\n",
		  "DEV-2.1.2-2 DEV-2.4.1-2", CCSL_DEVICE },
		{ "the line rises before DRIVER_OK", UP_TO_FOK REREAD QUEUE("0") "irq_intx(1)\n",
		  "DEV-2.4.1-2", CCSL_DEVICE },
		{ "the line falls after a reset",
		  GOOD "irq_intx(1)\nstatus_write(0)\nstatus_read(0)\nirq_intx(0)\n", "",
		  CCSL_DEVICE },
		{ "a used buffer in ISR before DRIVER_OK", UP_TO_FOK "isr_read(1)\n", "DEV-2.1.2-2",
		  CCSL_DEVICE },
	};

	(void)state;
	JUDGE(t);
}

/* Rules that wait: a reset that never ends, a needs-reset that nobody tells. */
static void test_device_that_never_answers(void **state)
{
	static char trace[1 << 16];
	struct kit_log log;
	size_t n = 0;

	(void)state;
	n += (size_t)snprintf(trace + n, sizeof(trace) - n, "%s", GOOD WORK "status_write(0)\n");
	for (int i = 0; i < 999; i++)
		n += (size_t)snprintf(trace + n, sizeof(trace) - n, "status_read(15)\n");
	kit_text(SPEC, trace, &log);
	assert_int_equal(log.n, 0);
	snprintf(trace + n, sizeof(trace) - n, "status_read(15)\n");
	kit_text(SPEC, trace, &log);
	assert_int_equal(log.n, 1);
	assert_string_equal(log.v[0].clause, "DEV-2.4.1-1");

	n = (size_t)snprintf(trace, sizeof(trace), "%s",
			     GOOD "config_vector_write(0)\n"
				  "config_vector_read(0)\nstatus_read(0x4f)\n");
	for (int i = 0; i < 64; i++)
		n += (size_t)snprintf(trace + n, sizeof(trace) - n, "num_queues_read(2)\n");
	kit_text(SPEC, trace, &log);
	assert_int_equal(log.n, 0);
	snprintf(trace + n, sizeof(trace) - n, "num_queues_read(2)\n");
	kit_text(SPEC, trace, &log);
	assert_int_equal(log.n, 1);
	assert_string_equal(log.v[0].clause, "DEV-2.1.2-4");
}

/* The place, the event and the words of the violation that the demonstration plants. */
static void test_the_planted_one(void **state)
{
	struct kit_log log;

	(void)state;
	kit_text(SPEC, UP_TO_FOK "queue_select_write(0)\nqueue_size_write(0,64)\n", &log);
	assert_int_equal(log.n, 1);
	assert_string_equal(log.v[0].rule, "features_reread");
	assert_string_equal(log.v[0].clause, "DRV-3.1.1-10");
	assert_string_equal(log.v[0].event, "queue_size_write(0,64)");
	assert_int_equal(log.v[0].blame, CCSL_DRIVER);
	assert_int_equal(log.v[0].instant, 14);
	assert_non_null(strstr(log.v[0].explain, "allowed next: status_read first"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_odd_but_legal),
		cmocka_unit_test(test_wrong_status),
		cmocka_unit_test(test_wrong_features),
		cmocka_unit_test(test_wrong_set_up),
		cmocka_unit_test(test_wrong_device),
		cmocka_unit_test(test_device_that_never_answers),
		cmocka_unit_test(test_the_planted_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
