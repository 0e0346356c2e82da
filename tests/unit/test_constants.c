/* SPDX-License-Identifier: MIT */
/*
 * The numbers that the RTL shares with the outside world (rtl/virtio_pkg.sv) are those of
 * Linux's headers, and those that the specifications use (specs/) are the same again.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

/* Where the headers of Debian 12 have no name yet: virtio 1.4, the section beside it. */
#define F_NOTIFICATION_DATA 38
#define F_NOTIF_CONFIG_DATA 39
#define F_RING_RESET        40
#define F_SUSPEND           43   /* 6 */
#define S_SUSPEND           0x10 /* 2.1 */
#define COMMON_NOTIF_DATA   0x38 /* 4.1.4.3 */
#define COMMON_RESET        0x3a

static const struct {
	const char *name;
	uint64_t value;
} constants[] = {
	{ "StatusAcknowledge", VIRTIO_CONFIG_S_ACKNOWLEDGE },
	{ "StatusDriver", VIRTIO_CONFIG_S_DRIVER },
	{ "StatusDriverOk", VIRTIO_CONFIG_S_DRIVER_OK },
	{ "StatusFeaturesOk", VIRTIO_CONFIG_S_FEATURES_OK },
	{ "StatusSuspend", S_SUSPEND },
	{ "StatusNeedsReset", VIRTIO_CONFIG_S_NEEDS_RESET },
	{ "StatusFailed", VIRTIO_CONFIG_S_FAILED },
	{ "FeatureBalloonMustTellHost", VIRTIO_BALLOON_F_MUST_TELL_HOST },
	{ "FeatureBalloonStatsVq", VIRTIO_BALLOON_F_STATS_VQ },
	{ "FeatureBalloonDeflateOnOom", VIRTIO_BALLOON_F_DEFLATE_ON_OOM },
	{ "FeatureBalloonFreePageHint", VIRTIO_BALLOON_F_FREE_PAGE_HINT },
	{ "FeatureBalloonPagePoison", VIRTIO_BALLOON_F_PAGE_POISON },
	{ "FeatureBalloonPageReporting", VIRTIO_BALLOON_F_REPORTING },
	{ "FeatureIndirectDesc", VIRTIO_RING_F_INDIRECT_DESC },
	{ "FeatureEventIdx", VIRTIO_RING_F_EVENT_IDX },
	{ "FeatureVersion1", VIRTIO_F_VERSION_1 },
	{ "FeatureAccessPlatform", VIRTIO_F_ACCESS_PLATFORM },
	{ "FeatureOrderPlatform", VIRTIO_F_ORDER_PLATFORM },
	{ "FeatureNotificationData", F_NOTIFICATION_DATA },
	{ "FeatureNotifConfigData", F_NOTIF_CONFIG_DATA },
	{ "FeatureRingReset", F_RING_RESET },
	{ "FeatureSuspend", F_SUSPEND },
	{ "DescFlagNext", VRING_DESC_F_NEXT },
	{ "DescFlagWrite", VRING_DESC_F_WRITE },
	{ "DescFlagIndirect", VRING_DESC_F_INDIRECT },
	{ "AvailFlagNoInterrupt", VRING_AVAIL_F_NO_INTERRUPT },
	{ "AvailHeaderBytes", offsetof(struct vring_avail, ring) },
	{ "UsedIdxOffset", offsetof(struct vring_used, idx) },
	{ "UsedRingOffset", offsetof(struct vring_used, ring) },
	{ "UsedElemBytes", sizeof(struct vring_used_elem) },
	{ "DescBytes", sizeof(struct vring_desc) },
	{ "DeviceIdBalloon", VIRTIO_ID_BALLOON },
	{ "BalloonConfigNumPages", offsetof(struct virtio_balloon_config, num_pages) },
	{ "BalloonConfigActual", offsetof(struct virtio_balloon_config, actual) },
	{ "BalloonConfigHintCmdId", offsetof(struct virtio_balloon_config, free_page_hint_cmd_id) },
	{ "BalloonConfigPoisonVal", offsetof(struct virtio_balloon_config, poison_val) },
	{ "BalloonConfigBytes", sizeof(struct virtio_balloon_config) },
	{ "BalloonCmdIdDone", VIRTIO_BALLOON_CMD_ID_DONE },
	{ "BalloonStatBytes", sizeof(struct virtio_balloon_stat) },
	{ "PciCapVendor", PCI_CAP_ID_VNDR },
	{ "PciCapMsix", PCI_CAP_ID_MSIX },
	{ "PciCapAf", PCI_CAP_ID_AF },
	{ "PciCapCommonCfg", VIRTIO_PCI_CAP_COMMON_CFG },
	{ "PciCapNotifyCfg", VIRTIO_PCI_CAP_NOTIFY_CFG },
	{ "PciCapIsrCfg", VIRTIO_PCI_CAP_ISR_CFG },
	{ "PciCapDeviceCfg", VIRTIO_PCI_CAP_DEVICE_CFG },
	{ "PciCapPciCfg", VIRTIO_PCI_CAP_PCI_CFG },
	{ "PciCommonDeviceFeatureSelect", VIRTIO_PCI_COMMON_DFSELECT },
	{ "PciCommonDeviceFeature", VIRTIO_PCI_COMMON_DF },
	{ "PciCommonDriverFeatureSelect", VIRTIO_PCI_COMMON_GFSELECT },
	{ "PciCommonDriverFeature", VIRTIO_PCI_COMMON_GF },
	{ "PciCommonConfigMsixVector", VIRTIO_PCI_COMMON_MSIX },
	{ "PciCommonNumQueues", VIRTIO_PCI_COMMON_NUMQ },
	{ "PciCommonDeviceStatus", VIRTIO_PCI_COMMON_STATUS },
	{ "PciCommonConfigGeneration", VIRTIO_PCI_COMMON_CFGGENERATION },
	{ "PciCommonQueueSelect", VIRTIO_PCI_COMMON_Q_SELECT },
	{ "PciCommonQueueSize", VIRTIO_PCI_COMMON_Q_SIZE },
	{ "PciCommonQueueMsixVector", VIRTIO_PCI_COMMON_Q_MSIX },
	{ "PciCommonQueueEnable", VIRTIO_PCI_COMMON_Q_ENABLE },
	{ "PciCommonQueueNotifyOff", VIRTIO_PCI_COMMON_Q_NOFF },
	{ "PciCommonQueueDesc", VIRTIO_PCI_COMMON_Q_DESCLO },
	{ "PciCommonQueueDriver", VIRTIO_PCI_COMMON_Q_AVAILLO },
	{ "PciCommonQueueDevice", VIRTIO_PCI_COMMON_Q_USEDLO },
	{ "PciCommonQueueNotifConfigData", COMMON_NOTIF_DATA },
	{ "PciCommonQueueReset", COMMON_RESET },
	{ "MsiNoVector", VIRTIO_MSI_NO_VECTOR },
	{ "IsrConfig", VIRTIO_PCI_ISR_CONFIG },
	{ "PciVendorId", 0x1af4 },
	{ "PciDeviceIdBase", 0x1040 },
};

/* A file of the checkout, whole; the test runs there or in a folder beside the build. */
static char *slurp(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (!file)
		fail_msg("%s: not here; expected to run in the checkout", path);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

/* What follows "name" and "=", as a number of SystemVerilog or of CCSL. */
static bool value_of(const char *text, const char *name, uint64_t *val)
{
	const size_t len = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += len) {
		const char *end = at + len;
		bool whole = at > text && (at[-1] == ' ' || at[-1] == '\t');
		const char *tick;

		while (*end == ' ')
			end++;
		if (!whole || *end != '=')
			continue;
		end += strspn(end, "= ");
		tick = end + strspn(end, "0123456789");
		if (*tick != '\'')
			*val = strtoull(end, NULL, 0);
		else
			*val = strtoull(tick + 2, NULL,
					tick[1] == 'h'   ? 16
					: tick[1] == 'b' ? 2
							 : 10);
		return true;
	}
	return false;
}

static void rtl(void **state)
{
	char *text = slurp("rtl/virtio_pkg.sv");

	(void)state;
	for (unsigned i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
		uint64_t val;

		if (!value_of(text, constants[i].name, &val))
			fail_msg("%s: not in rtl/virtio_pkg.sv", constants[i].name);
		if (val != constants[i].value)
			fail_msg("%s is 0x%" PRIx64 ", expected 0x%" PRIx64, constants[i].name, val,
				 constants[i].value);
	}
	free(text);
}

/* None of the RTL's numbers of the specification goes unlooked at. */
static void all_of_them(void **state)
{
	static const char *const kinds[] = { "Status",        "Feature", "DescFlag", "AvailFlag",
					     "BalloonConfig", "PciCap",  "PciCommon" };
	char *text = slurp("rtl/virtio_pkg.sv"), *line, *save;

	(void)state;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *eq = strchr(line, '=');
		char name[64] = "";
		bool known = false;

		if (!strstr(line, "localparam") || !eq)
			continue;
		while (eq > line && eq[-1] == ' ')
			eq--;
		for (const char *at = eq; at > line && at[-1] != ' '; at--)
			snprintf(name, sizeof(name), "%.*s", (int)(eq - at + 1), at - 1);
		for (unsigned i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
			known |= !strcmp(constants[i].name, name);
		if (!strcmp(name, "PciCommonBytes"))
			continue; /* how much of it is ours */
		for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (!strncmp(name, kinds[i], strlen(kinds[i])) && !known)
				fail_msg("%s: nobody compares it", name);
	}
	free(text);
}

/* The specifications' words are of 32 bits: of a feature from 32 on, its bit in the second. */
#define WORD(n) (1ULL << (n) % 32)

static void specs(void **state)
{
	static const struct {
		const char *file, *name;
		uint64_t value;
	} all[] = {
		{ "balloon", "STATS_VQ", WORD(VIRTIO_BALLOON_F_STATS_VQ) },
		{ "balloon", "DEFLATE_ON_OOM", WORD(VIRTIO_BALLOON_F_DEFLATE_ON_OOM) },
		{ "balloon", "FREE_PAGE_HINT", WORD(VIRTIO_BALLOON_F_FREE_PAGE_HINT) },
		{ "balloon", "PAGE_POISON", WORD(VIRTIO_BALLOON_F_PAGE_POISON) },
		{ "balloon", "PAGE_REPORTING", WORD(VIRTIO_BALLOON_F_REPORTING) },
		{ "balloon", "NUM_PAGES", offsetof(struct virtio_balloon_config, num_pages) },
		{ "balloon", "ACTUAL", offsetof(struct virtio_balloon_config, actual) },
		{ "balloon", "COMMAND",
		  offsetof(struct virtio_balloon_config, free_page_hint_cmd_id) },
		{ "balloon", "POISON", offsetof(struct virtio_balloon_config, poison_val) },
		{ "balloon_memory", "CMD_STOP", VIRTIO_BALLOON_CMD_ID_STOP },
		{ "balloon_memory", "CMD_DONE", VIRTIO_BALLOON_CMD_ID_DONE },
		{ "features", "MUST_TELL_HOST", WORD(VIRTIO_BALLOON_F_MUST_TELL_HOST) },
		{ "features", "INDIRECT_DESC", WORD(VIRTIO_RING_F_INDIRECT_DESC) },
		{ "features", "EVENT_IDX", WORD(VIRTIO_RING_F_EVENT_IDX) },
		{ "features", "VERSION_1", WORD(VIRTIO_F_VERSION_1) },
		{ "features", "ACCESS_PLATFORM", WORD(VIRTIO_F_ACCESS_PLATFORM) },
		{ "features", "RING_PACKED", WORD(VIRTIO_F_RING_PACKED) },
		{ "features", "ORDER_PLATFORM", WORD(VIRTIO_F_ORDER_PLATFORM) },
		{ "features", "SR_IOV", WORD(VIRTIO_F_SR_IOV) },
		{ "features", "NOTIFICATION_DATA", WORD(F_NOTIFICATION_DATA) },
		{ "features", "NOTIF_CONFIG_DATA", WORD(F_NOTIF_CONFIG_DATA) },
		{ "features", "SUSPEND_FEATURE", WORD(F_SUSPEND) },
		{ "life", "ACKNOWLEDGE", VIRTIO_CONFIG_S_ACKNOWLEDGE },
		{ "life", "DRIVER", VIRTIO_CONFIG_S_DRIVER },
		{ "life", "DRIVER_OK", VIRTIO_CONFIG_S_DRIVER_OK },
		{ "life", "FEATURES_OK", VIRTIO_CONFIG_S_FEATURES_OK },
		{ "life", "NEEDS_RESET", VIRTIO_CONFIG_S_NEEDS_RESET },
		{ "life", "FAILED", VIRTIO_CONFIG_S_FAILED },
		{ "features", "SUSPEND", S_SUSPEND },
		{ "split", "DESC_NEXT", VRING_DESC_F_NEXT },
		{ "split", "DESC_WRITE", VRING_DESC_F_WRITE },
		{ "split", "DESC_INDIRECT", VRING_DESC_F_INDIRECT },
		{ "pci_function", "CAP_POINTER", PCI_CAPABILITY_LIST },
		{ "pci_function", "CAP_VENDOR", PCI_CAP_ID_VNDR },
		{ "pci_function", "CAP_MSIX", PCI_CAP_ID_MSIX },
		{ "pci_function", "TYPE_COMMON", VIRTIO_PCI_CAP_COMMON_CFG },
		{ "pci_function", "TYPE_NOTIFY", VIRTIO_PCI_CAP_NOTIFY_CFG },
		{ "pci_function", "TYPE_ISR", VIRTIO_PCI_CAP_ISR_CFG },
		{ "pci_function", "TYPE_DEVICE", VIRTIO_PCI_CAP_DEVICE_CFG },
		{ "pci_function", "TYPE_ACCESS", VIRTIO_PCI_CAP_PCI_CFG },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char path[64], name[64], *text, *at;
		uint64_t val;

		snprintf(path, sizeof(path), "specs/%s.ccsl", all[i].file);
		snprintf(name, sizeof(name), "\nConst %s ", all[i].name);
		text = slurp(path);
		at = strstr(text, name);
		if (!at)
			fail_msg("%s: not in %s", all[i].name, path);
		at = strchr(at, '=') + 1;
		val = strtoull(at, &at, 0);
		at += strspn(at, " ");
		if (!strncmp(at, "<<", 2))
			val <<= strtoull(at + 2, NULL, 0);
		if (val != all[i].value)
			fail_msg("%s: %s is 0x%" PRIx64 ", expected 0x%" PRIx64, path, all[i].name,
				 val, all[i].value);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rtl), cmocka_unit_test(all_of_them),
					    cmocka_unit_test(specs) };

	return cmocka_run_group_tests_name("constants", tests, NULL, NULL);
}
