/* SPDX-License-Identifier: MIT */
/* VFIO_USER_VERSION: what is agreed on, and what is turned down. */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/version.h"
#include "tests/lib/peer.h"

/* What QEMU 11.1 sends. */
#define QEMU_CAPS                                                                                 \
	"{\"capabilities\": {\"migration\": {\"pgsize\": 4096, \"max_bitmap_size\": 268435456}, " \
	"\"max_msg_fds\": 16, \"max_data_xfer_size\": 1048576, \"pgsizes\": 4096, "               \
	"\"max_dma_maps\": 65535, \"write_multiple\": true}}"

static int negotiate(uint16_t major, uint16_t minor, const void *json, size_t len,
		     struct version_caps *caps, uint8_t *reply)
{
	const struct proto_version version = { major, minor };
	uint8_t *body = malloc(sizeof(version) + len); /* exact, so that ASan sees overruns */
	int n;

	assert_non_null(body);
	memcpy(body, &version, sizeof(version));
	if (len)
		memcpy(body + sizeof(version), json, len);
	n = version_negotiate(body, sizeof(version) + len, caps, reply);
	free(body);
	return n;
}

static json_t *capabilities(const char *json)
{
	uint8_t reply[VERSION_REPLY];
	struct version_caps caps;
	json_t *root, *list;
	int n = negotiate(0, 0, json, strlen(json) + 1, &caps, reply);

	assert_true(n > 4);
	assert_int_equal(reply[n - 1], 0);
	root = json_loads((char *)reply + 4, 0, NULL);
	assert_non_null(root);
	list = json_incref(json_object_get(root, "capabilities"));
	json_decref(root);
	return list;
}

static json_int_t number(const json_t *list, const char *name)
{
	return json_integer_value(json_object_get(list, name));
}

static void qemu(void **state)
{
	json_t *list = capabilities(QEMU_CAPS);

	(void)state;
	assert_int_equal(json_object_size(list), 5);
	assert_int_equal(number(list, "max_msg_fds"), 16);
	assert_int_equal(number(list, "max_data_xfer_size"), 1048576);
	assert_int_equal(number(list, "pgsizes"), 4096);
	assert_int_equal(number(list, "max_dma_maps"), 1024);
	assert_true(json_is_true(json_object_get(list, "write_multiple")));
	json_decref(list);
}

/* Never more than the client proposed, neither entries nor values. */
static void subset(void **state)
{
	json_t *list = capabilities("{\"capabilities\":{\"max_data_xfer_size\":100,"
				    "\"write_multiple\":false,\"pgsizes\":2101248}}");

	(void)state;
	assert_int_equal(json_object_size(list), 3);
	assert_int_equal(number(list, "max_data_xfer_size"), 100);
	assert_int_equal(number(list, "pgsizes"), 4096);
	assert_true(json_is_false(json_object_get(list, "write_multiple")));
	json_decref(list);
	list = capabilities("{}");
	assert_int_equal(json_object_size(list), 0);
	json_decref(list);
}

static void minor(void **state)
{
	uint8_t reply[VERSION_REPLY];
	struct proto_version version;
	struct version_caps caps;

	(void)state;
	assert_int_equal(negotiate(0, 9, NULL, 0, &caps, reply), sizeof(version));
	memcpy(&version, reply, sizeof(version));
	assert_int_equal(version.major, 0);
	assert_int_equal(version.minor, 0);
	assert_int_equal(caps.max_xfer, 1048576);
	assert_int_equal(negotiate(1, 0, NULL, 0, &caps, reply), -ENOTSUP);
}

static void bad_payload(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"3",
		"null",
		"{\"capabilities\":[]}",
		"{\"capabilities\":3}",
		"{\"capabilities\":{\"max_msg_fds\":-1}}",
		"{\"capabilities\":{\"max_msg_fds\":\"8\"}}",
		"{\"capabilities\":{\"max_data_xfer_size\":1.5}}",
		"{\"capabilities\":{\"max_dma_maps\":null}}",
		"{\"capabilities\":{\"pgsizes\":1}}",
		"{\"capabilities\":{\"pgsizes\":true}}",
		"{\"capabilities\":{\"write_multiple\":1}}",
		"{\"capabilities\":{}} x",
		"{\"capabilities\":{\"max_msg_fds\":99999999999999999999}}",
		"{\"\xff\":1}",
	};
	uint8_t reply[VERSION_REPLY];
	struct version_caps caps;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(negotiate(0, 0, bad[i], strlen(bad[i]) + 1, &caps, reply),
				 -EINVAL);
	/* Without its NUL, with a NUL inside, and cut anywhere. */
	assert_int_equal(negotiate(0, 0, "{}", 2, &caps, reply), -EINVAL);
	assert_int_equal(negotiate(0, 0, "{\0}", 4, &caps, reply), -EINVAL);
	for (size_t len = 1; len < sizeof(QEMU_CAPS); len++)
		assert_int_equal(negotiate(0, 0, QEMU_CAPS, len, &caps, reply), -EINVAL);
	assert_int_equal(version_negotiate((const uint8_t *)"abc", 3, &caps, reply), -EINVAL);
}

static void deep(void **state)
{
	uint8_t reply[VERSION_REPLY];
	struct version_caps caps;
	char text[60001];

	(void)state;
	memset(text, '[', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	assert_int_equal(negotiate(0, 0, text, sizeof(text), &caps, reply), -EINVAL);
}

/* --- over the socket ---------------------------------------------------------------------- */

static void reconnect(struct peer *peer)
{
	peer_disconnect(peer);
	peer_connect(peer);
	peer->lines = 0;
}

static void assert_dropped(struct peer *peer, int err)
{
	struct proto_hdr hdr;
	uint8_t body[64];

	assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 0);
	assert_int_equal(hdr.flags, PROTO_REPLY | PROTO_ERROR);
	assert_int_equal(hdr.error, err);
	assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), PEER_GONE);
	assert_false(server_busy(peer->server));
}

static void wrong_major(void **state)
{
	const struct proto_version version = { 1, 0 };

	reconnect(*state);
	peer_send(*state, PROTO_VERSION, 0, &version, sizeof(version), NULL, 0);
	assert_dropped(*state, ENOTSUP);
}

/* Nothing is served before the version. */
static void not_first(void **state)
{
	const struct proto_dma_map map = { 32, 3, 0, 0, 4096 };
	struct peer *peer = *state;

	reconnect(peer);
	peer_send(peer, PROTO_DMA_MAP, 0, &map, sizeof(map), NULL, 0);
	assert_dropped(peer, EINVAL);
	assert_null(mem_at(peer->mem, 0));
}

static void twice(void **state)
{
	const struct proto_version version = { 0, 0 };

	assert_int_equal(
		peer_call(*state, PROTO_VERSION, &version, sizeof(version), NULL, 0, NULL, 0),
		-EINVAL);
	assert_int_equal(peer_read(*state, VFIO_PCI_CONFIG_REGION_INDEX, 0, 2), 0x1af4);
}

static void short_version(void **state)
{
	reconnect(*state);
	peer_send(*state, PROTO_VERSION, 0, "abc", 3, NULL, 0);
	assert_dropped(*state, EINVAL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, peer_setup, peer_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu),
		cmocka_unit_test(subset),
		cmocka_unit_test(minor),
		cmocka_unit_test(bad_payload),
		cmocka_unit_test(deep),
		T(wrong_major),
		T(not_first),
		T(twice),
		T(short_version),
	};

	return cmocka_run_group_tests_name("vfio_version", tests, NULL, NULL);
}
