/* SPDX-License-Identifier: MIT */
#include "sim/replay_mem.h"

#include <stdlib.h>
#include <string.h>

#define NONE SIZE_MAX

/* A word of 8 bytes that the recording, or the replay, has touched. */
struct word {
	uint64_t addr;
	uint64_t data;
	uint8_t known; /* lanes of data that are */
	bool used;
	size_t next; /* read of it in the log that was not served yet */
};

struct replay_mem {
	const struct trace_log *log;
	size_t *chain; /* of each read: the next one of its word */
	bool *served;
	struct word *word; /* open addressing, a power of two */
	size_t nwords, mask;
	size_t from, bound;
	size_t fifo;  /* the next read in the log's order */
	size_t reset; /* the next reset in the log */
};

static bool is_read(const struct bus_rec *rec)
{
	return rec->space == BUS_DMA && rec->op == BUS_READ && rec->resp == BUS_OKAY;
}

static struct word *slot(const struct replay_mem *rm, uint64_t addr)
{
	size_t at = (size_t)((addr >> 3) * 0x9e3779b97f4a7c15ULL >> 20) & rm->mask;

	while (rm->word[at].used && rm->word[at].addr != addr)
		at = (at + 1) & rm->mask;
	return &rm->word[at];
}

static bool grow(struct replay_mem *rm)
{
	struct word *was = rm->word;
	size_t n = was ? rm->mask + 1 : 0;

	rm->mask = n ? 2 * n - 1 : 1023;
	rm->word = calloc(rm->mask + 1, sizeof(*rm->word));
	for (size_t i = 0; rm->word && i < n; i++)
		if (was[i].used)
			*slot(rm, was[i].addr) = was[i];
	free(was);
	return rm->word != NULL;
}

/* The word at addr, made if there is none; NULL: out of memory. */
static struct word *word_of(struct replay_mem *rm, uint64_t addr)
{
	struct word *word = slot(rm, addr);

	if (word->used)
		return word;
	if (2 * ++rm->nwords > rm->mask) {
		if (!grow(rm))
			return NULL;
		word = slot(rm, addr);
	}
	*word = (struct word){ .addr = addr, .used = true, .next = NONE };
	return word;
}

struct replay_mem *replay_mem_new(const struct trace_log *log)
{
	struct replay_mem *rm = calloc(1, sizeof(*rm));

	if (!rm)
		return NULL;
	rm->log = log;
	rm->chain = malloc((log->n + 1) * sizeof(*rm->chain));
	rm->served = calloc(log->n + 1, sizeof(*rm->served));
	if (!rm->chain || !rm->served || !grow(rm)) {
		replay_mem_free(rm);
		return NULL;
	}
	for (size_t i = log->n; i--;) {
		struct word *word;

		if (!is_read(&log->rec[i]))
			continue;
		word = word_of(rm, log->rec[i].addr & ~7ULL);
		if (!word) {
			replay_mem_free(rm);
			return NULL;
		}
		rm->chain[i] = word->next;
		word->next = i;
	}
	return rm;
}

void replay_mem_free(struct replay_mem *rm)
{
	if (!rm)
		return;
	free(rm->chain);
	free(rm->served);
	free(rm->word);
	free(rm);
}

void replay_mem_segment(struct replay_mem *rm, size_t from, size_t bound)
{
	const struct trace_log *log = rm->log;

	rm->from = from;
	rm->bound = bound;
	if (rm->fifo < from)
		rm->fifo = from;
	if (rm->reset > from)
		return;
	for (rm->reset = from + 1; rm->reset < log->n; rm->reset++)
		if (log->rec[rm->reset].space == BUS_HOST &&
		    log->rec[rm->reset].addr == BUS_HOST_RESET)
			break;
}

static uint64_t lanes(uint8_t be)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < 8; i++)
		if (be >> i & 1)
			mask |= 0xffULL << (8 * i);
	return mask;
}

static void learn(struct word *word, uint64_t data, uint8_t be)
{
	uint64_t mask = lanes(be);

	word->data = (word->data & ~mask) | (data & mask);
	word->known |= be;
}

static void learn_read(const struct replay_mem *rm, struct word *word, size_t i)
{
	learn(word, rm->log->rec[i].data, rm->log->rec[i].be);
}

/* Brings the word up to what the device reads there now. */
static void serve(struct replay_mem *rm, struct word *word, uint8_t need)
{
	size_t i = word->next;

	for (; i != NONE && i < rm->from; i = rm->chain[i])
		if (!rm->served[i])
			learn_read(rm, word, i);
	while (rm->fifo < rm->log->n && (rm->served[rm->fifo] || !is_read(&rm->log->rec[rm->fifo])))
		rm->fifo++;
	word->next = i;
	if (i == NONE || i >= rm->reset)
		return;
	if (i == rm->fifo || i < rm->bound) {
		rm->served[i] = true;
		word->next = rm->chain[i];
		learn_read(rm, word, i);
	} else if (need & ~word->known) {
		learn_read(rm, word, i); /* early, and it will come again */
	}
}

void replay_mem_read(struct replay_mem *rm, uint64_t gpa, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len) {
		unsigned at = gpa & 7, n = len < 8 - at ? (unsigned)len : 8 - at;
		struct word *word = word_of(rm, gpa & ~7ULL);
		uint64_t data = 0;

		if (word) {
			serve(rm, word, (uint8_t)(((1U << n) - 1) << at));
			data = word->data & lanes(word->known);
		}
		memcpy(to, (uint8_t *)&data + at, n);
		to += n;
		gpa += n;
		len -= n;
	}
}

void replay_mem_write(struct replay_mem *rm, uint64_t gpa, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	while (len) {
		unsigned at = gpa & 7, n = len < 8 - at ? (unsigned)len : 8 - at;
		struct word *word = word_of(rm, gpa & ~7ULL);
		uint64_t data = 0;

		memcpy((uint8_t *)&data + at, from, n);
		if (word)
			learn(word, data, (uint8_t)(((1U << n) - 1) << at));
		from += n;
		gpa += n;
		len -= n;
	}
}

bool replay_mem_fails(const struct replay_mem *rm, uint64_t gpa, size_t len)
{
	uint64_t first = gpa & ~7ULL, last = (gpa + len - 1) & ~7ULL;

	/* Of each word the next read counts, so the first hit decides. */
	for (size_t i = rm->fifo; i < rm->log->n && i < rm->reset && i < rm->fifo + 2048; i++) {
		const struct bus_rec *rec = &rm->log->rec[i];

		if (rec->space != BUS_DMA || rec->op != BUS_READ || rm->served[i] ||
		    rec->addr < first || rec->addr > last)
			continue;
		if (rec->resp != BUS_OKAY || rec->addr == last)
			return rec->resp != BUS_OKAY;
	}
	return false;
}

bool replay_mem_unknown(const struct replay_mem *rm, uint64_t gpa, uint8_t be)
{
	const struct word *word = slot(rm, gpa & ~7ULL);

	return !word->used || be & ~word->known;
}
