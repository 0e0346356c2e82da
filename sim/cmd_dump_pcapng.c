/* SPDX-License-Identifier: MIT */
/*
 * A session as packets: pcapng (draft-ietf-opsawg-pcapng), link type USER0, a packet each
 * for the header, every bus record, every event and every verdict; a cycle is 1 ns since the
 * epoch. sim/virtio.lua dissects them. libpcap reads pcapng but does not write it, hence the
 * three block writers here.
 *
 *   byte  a packet, little endian
 *   0     1 header, 2 record, 3 event, 4 verdict
 *   1-3   zero
 *   4-    header:  JSON text
 *         record:  32 bytes as in sim/bus.h
 *         event:   id (2 bytes), number of arguments (1), zero (1), 8 bytes for each
 *                  argument; then its name, the names of its arguments, and all of it in
 *                  words, each ended by a zero byte
 *         verdict: clause, blame, level, rule, event, expected, each ended by a zero byte
 */
#include <endian.h>
#include <string.h>

#include "sim/cmd_dump.h"

#define LINKTYPE_USER0 147
#define PACKET_MAX     4096
#define TSRESOL        9 /* option if_tsresol: units of 1e-9 s */

enum { PACKET_HEADER = 1, PACKET_RECORD = 2, PACKET_EVENT = 3, PACKET_VERDICT = 4 };

struct packet {
	size_t len;
	uint8_t byte[PACKET_MAX];
};

static void put16(FILE *to, uint16_t val)
{
	val = htole16(val);
	fwrite(&val, sizeof(val), 1, to);
}

static void put32(FILE *to, uint32_t val)
{
	val = htole32(val);
	fwrite(&val, sizeof(val), 1, to);
}

static void section_block(FILE *to)
{
	put32(to, 0x0a0d0d0a);
	put32(to, 28);
	put32(to, 0x1a2b3c4d); /* byte order */
	put16(to, 1);          /* version 1.0 */
	put16(to, 0);
	put32(to, UINT32_MAX); /* length of the section: not said */
	put32(to, UINT32_MAX);
	put32(to, 28);
}

static void interface_block(FILE *to)
{
	put32(to, 1);
	put32(to, 32);
	put16(to, LINKTYPE_USER0);
	put16(to, 0);
	put32(to, 0); /* snap length: none */
	put16(to, 9); /* if_tsresol */
	put16(to, 1);
	put32(to, TSRESOL);
	put32(to, 0); /* end of options */
	put32(to, 32);
}

static void packet_block(FILE *to, uint64_t cycle, const struct packet *p)
{
	static const uint8_t pad[3];
	uint32_t padding = -(uint32_t)p->len & 3;
	uint32_t len = 32 + (uint32_t)p->len + padding;

	put32(to, 6);
	put32(to, len);
	put32(to, 0); /* interface */
	put32(to, (uint32_t)(cycle >> 32));
	put32(to, (uint32_t)cycle);
	put32(to, (uint32_t)p->len); /* captured, and on the wire */
	put32(to, (uint32_t)p->len);
	fwrite(p->byte, 1, p->len, to);
	fwrite(pad, 1, padding, to);
	put32(to, len);
}

/* What does not fit is left out. */
static void add(struct packet *p, const void *data, size_t len)
{
	if (len > PACKET_MAX - p->len)
		return;
	memcpy(p->byte + p->len, data, len);
	p->len += len;
}

static void add_str(struct packet *p, const char *text)
{
	add(p, text, strlen(text) + 1);
}

static struct packet packet_of(uint8_t kind)
{
	struct packet p = { .len = 4 };

	p.byte[0] = kind;
	return p;
}

static void begin(void *self, FILE *to, const char *header)
{
	struct packet p = packet_of(PACKET_HEADER);

	(void)self;
	add_str(&p, header);
	section_block(to);
	interface_block(to);
	packet_block(to, 0, &p);
}

static void put_rec(void *self, FILE *to, size_t n, const struct bus_rec *rec)
{
	struct packet p = packet_of(PACKET_RECORD);
	struct bus_rec le = *rec;

	(void)self;
	(void)n;
	le.cycle = htole64(rec->cycle);
	le.addr = htole64(rec->addr);
	le.data = htole64(rec->data);
	add(&p, &le, sizeof(le));
	packet_block(to, rec->cycle, &p);
}

static void put_event(void *self, FILE *to, uint64_t cycle, const struct event *ev)
{
	struct packet p = packet_of(PACKET_EVENT);
	uint16_t id = htole16(ev->id);
	uint8_t nargs[2] = { ev->nargs };
	char text[EVENT_STR_MAX];

	(void)self;
	add(&p, &id, sizeof(id));
	add(&p, nargs, sizeof(nargs));
	for (unsigned i = 0; i < ev->nargs; i++) {
		uint64_t arg = htole64(ev->arg[i]);

		add(&p, &arg, sizeof(arg));
	}
	add_str(&p, event_name(ev->id));
	for (unsigned i = 0; i < ev->nargs; i++)
		add_str(&p, event_arg_name(ev->id, i, text));
	add_str(&p, event_str(ev, text, sizeof(text)));
	packet_block(to, cycle, &p);
}

static void put_verdict(void *self, FILE *to, uint64_t cycle, const json_t *verdict)
{
	static const char *const members[] = { "clause", "blame", "level",
					       "rule",   "event", "expected" };
	struct packet p = packet_of(PACKET_VERDICT);

	(void)self;
	for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		add_str(&p, dump_verdict_str(verdict, members[i]));
	packet_block(to, cycle, &p);
}

const struct dump_format dump_pcapng = { .name = "pcapng",
					 .judges = true,
					 .begin = begin,
					 .rec = put_rec,
					 .event = put_event,
					 .verdict = put_verdict };
