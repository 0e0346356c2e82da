/* SPDX-License-Identifier: MIT */
/* What a conforming driver has to tell a balloon, 5.5.6, or an entropy device, 5.4.6; and the host.
 */
#include <assert.h>
#include <linux/virtio_balloon.h>
#include <stddef.h>
#include <string.h>

#include "tests/lib/legal_internal.h"

enum { INFLATEQ, DEFLATEQ, STATSQ, HINTQ, REPORTQ };

/* --- buffers' memory ----------------------------------------------------------------------------
 */

static bool put_seg(struct legal *l, struct legal_request *req, uint32_t len, bool write)
{
	uint64_t gpa = legal_alloc(l, len, 1U << legal_rand(l, 4));

	if (!gpa)
		return false;
	req->memory[req->nmemory++] = gpa;
	req->seg[req->nsegs++] = (struct legal_seg){ gpa, len, write };
	return true;
}

/* Bytes for the device to read, cut anywhere: 2.7.4. */
static bool put_data(struct legal *l, struct legal_request *req, const void *data, uint32_t len)
{
	unsigned pieces = 1 + legal_rand(l, l->style.segments);
	const uint8_t *at = data;

	for (unsigned i = 0; i < pieces && (len || !i); i++) {
		uint32_t cut = i + 1 == pieces || len < 2 ? len : 1 + legal_rand(l, len - 1);

		if (legal_one_in(l, 200) && i + 1 < pieces)
			cut = 0;
		if (!put_seg(l, req, cut, false))
			return false;
		memcpy(legal_at(l, req->seg[req->nsegs - 1].gpa, cut), at, cut);
		at += cut;
		len -= cut;
	}
	return true;
}

/* Adds what was made; what could not be made comes to nothing. */
static bool offer(struct legal *l, unsigned q, struct legal_request *req, bool made)
{
	if (!made)
		req->nsegs = LEGAL_ENTRIES + 1; /* no queue takes that */
	if (!legal_add(l, q, req))
		return false;
	if (legal_rand(l, 4))
		legal_publish(l, q);
	return true;
}

/* --- pages
 * ------------------------------------------------------------------------------------------ */

/* So many pages of this kind, a run or here and there, become another kind. */
static void take_pages(struct legal *l, struct legal_request *req, unsigned n, enum legal_page from,
		       enum legal_page to)
{
	unsigned at = legal_rand(l, LEGAL_PAGES),
		 step = legal_one_in(l, 2) ? 1 : 1 + legal_rand(l, 60);

	for (unsigned tries = 0; tries < LEGAL_PAGES && req->npages < n;
	     tries++, at = (at + step) % LEGAL_PAGES) {
		if (l->page[at] != from)
			continue;
		l->page[at] = (uint8_t)to;
		req->page[req->npages++] = (uint16_t)at;
	}
}

static void turn_pages(struct legal *l, const struct legal_request *req, enum legal_page to)
{
	for (unsigned i = 0; i < req->npages; i++)
		l->page[req->page[i]] = (uint8_t)to;
}

static bool put_numbers(struct legal *l, struct legal_request *req)
{
	uint32_t pfn[LEGAL_BATCH];

	for (unsigned i = 0; i < req->npages; i++)
		pfn[i] = (uint32_t)(legal_page_gpa(l, req->page[i]) >> 12);
	return put_data(l, req, pfn, 4 * req->npages) &&
	       (legal_rand(l, 25) || put_seg(l, req, 1 + legal_rand(l, 64), true));
}

static bool inflate(struct legal *l, unsigned n)
{
	struct legal_request *req = legal_request(l, K_INFLATE);

	take_pages(l, req, n, PAGE_FREE, PAGE_INFLATING);
	return offer(l, INFLATEQ, req, req->npages && put_numbers(l, req));
}

static bool deflate(struct legal *l, unsigned n)
{
	struct legal_request *req = legal_request(l, K_DEFLATE);

	take_pages(l, req, n, PAGE_BALLOON, PAGE_DEFLATING);
	l->leaving += req->npages;
	return offer(l, DEFLATEQ, req, req->npages && put_numbers(l, req));
}

static unsigned portion(struct legal *l, unsigned of)
{
	unsigned n = 1 + legal_rand(l, legal_one_in(l, 40) ? LEGAL_BATCH : 8);

	return n < of ? n : of;
}

/* Pages may come in at any time, and go when the target is below what is in there. */
static void follow_target(struct legal *l)
{
	uint32_t in = l->pages - l->leaving;

	if (l->target > in || legal_one_in(l, 12)) {
		inflate(l, portion(l, l->target > in ? l->target - in : 8));
	} else if (in && (l->target < in || (l->accepted & F_OOM && legal_one_in(l, 8)))) {
		deflate(l, portion(l, l->target < in ? in - l->target : in));
	}
}

/* As many small buffers as there is room for; in and out again. */
static void flood(struct legal *l)
{
	bool in = l->pages < 300 || !(l->accepted & F_OOM);

	for (unsigned n = 0; n < LEGAL_ENTRIES; n++)
		if (in ? !inflate(l, 1) : !deflate(l, 1))
			break;
}

/* --- statistics: 5.5.6.3
 * ---------------------------------------------------------------------------- */

static void give_stats(struct legal *l)
{
	struct legal_request *req = legal_request(l, K_STATS);
	bool empty = l->stats_first && legal_one_in(l, 3);
	uint8_t data[100];

	for (unsigned i = 0; i < l->ntags; i++) {
		unsigned j = i + legal_rand(l, l->ntags - i);
		uint16_t tag = l->tags[j];
		uint64_t value = (uint64_t)legal_rand(l, UINT32_MAX) << legal_rand(l, 20);

		l->tags[j] = l->tags[i];
		l->tags[i] = tag;
		memcpy(data + 10 * i, &tag, 2);
		memcpy(data + 10 * i + 2, &value, 8);
	}
	l->stats_due = 0;
	if (offer(l, STATSQ, req, put_data(l, req, data, empty ? 0 : 10 * l->ntags)))
		l->stats_first = false;
}

/* --- hints: 5.5.6.5
 * ------------------------------------------------------------------------------------ */

static void say_id(struct legal *l, uint32_t id)
{
	struct legal_request *req = legal_request(l, K_HINT_ID);

	if (!offer(l, HINTQ, req, put_data(l, req, &id, 4)))
		return;
	l->hinting = id;
	l->stop_due = id ? l->accesses + 200 : 0;
}

static void give_pages(struct legal *l, enum legal_kind kind, unsigned q)
{
	struct legal_request *req = legal_request(l, kind);

	take_pages(l, req, 1 + legal_rand(l, kind == K_REPORT ? 5 : 3), PAGE_FREE,
		   kind == K_REPORT ? PAGE_REPORTED : PAGE_FREE);
	for (unsigned i = 0; i < req->npages; i++) {
		uint64_t gpa = legal_page_gpa(l, req->page[i]);
		struct legal_seg *last = req->nsegs ? &req->seg[req->nsegs - 1] : NULL;
		uint32_t *word = legal_at(l, gpa, 4096);

		for (unsigned n = 0; kind == K_REPORT && l->accepted & F_POISON && n < 1024; n++)
			word[n] = l->poison;
		if (last && last->gpa + last->len == gpa)
			last->len += 4096;
		else
			req->seg[req->nsegs++] = (struct legal_seg){ gpa, 4096, true };
	}
	offer(l, q, req, req->npages);
}

static void hint(struct legal *l)
{
	if (!(l->accepted & F_HINT) || !l->queue[HINTQ].enabled)
		return;
	if (legal_one_in(l, 2))
		l->hint = legal_config_get(
			l, offsetof(struct virtio_balloon_config, free_page_hint_cmd_id));
	if (l->hint > VIRTIO_BALLOON_CMD_ID_DONE && l->hint != l->hint_said) {
		uint32_t id = l->hint;

		say_id(l, id);
		if (l->hinting == id)
			l->hint_said = id;
	} else if (l->hinting && l->hint == l->hinting && legal_rand(l, 3)) {
		give_pages(l, K_HINT_PAGE, HINTQ);
		l->stop_due = l->accesses + 200;
	} else if (l->hinting) {
		say_id(l, VIRTIO_BALLOON_CMD_ID_STOP);
	}
}

/* --- entropy: 5.4.6
 * -------------------------------------------------------------------------------------- */

static void ask_for_bytes(struct legal *l)
{
	struct legal_request *req = legal_request(l, K_RANDOM);
	unsigned n = 1 + legal_rand(l, l->style.segments);
	bool made = true;

	for (unsigned i = 0; i < n && made; i++)
		made = put_seg(l, req, 1 + legal_rand(l, 100), true);
	offer(l, 0, req, made);
}

/* --- what becomes of a buffer
 * ------------------------------------------------------------------------------- */

void legal_used(struct legal *l, struct legal_request *req, uint32_t len)
{
	if (req->kind == K_INFLATE) {
		turn_pages(l, req, PAGE_BALLOON);
		l->pages += req->npages;
	} else if (req->kind == K_DEFLATE) {
		turn_pages(l, req, PAGE_FREE);
		l->pages -= req->npages;
		l->leaving -= req->npages;
	} else if (req->kind == K_REPORT) {
		turn_pages(l, req, PAGE_FREE);
	} else if (req->kind == K_STATS) {
		l->stats_due = legal_soon(l);
	} else if (req->kind == K_RANDOM && !len) {
		legal_fail(l, "no random bytes in a buffer that was used");
	}
	if (req->kind <= K_DEFLATE && !l->actual_due)
		l->actual_due = legal_soon(l);
}

/* Not told to the device, or not acknowledged by it before the queue was taken from it. */
void legal_lost(struct legal *l, struct legal_request *req)
{
	if (req->kind == K_DEFLATE) {
		turn_pages(l, req, PAGE_BALLOON);
		l->leaving -= req->npages;
	} else if (req->kind == K_INFLATE || req->kind == K_REPORT) {
		turn_pages(l, req, PAGE_FREE);
	} else if (req->kind == K_STATS) {
		l->stats_due = legal_soon(l);
	} else if (req->kind == K_HINT_ID) {
		l->hinting = 0; /* the round is over: an id is announced but once */
	}
}

/* --- all of it
 * -------------------------------------------------------------------------------------------------
 */

void legal_prefill(struct legal *l)
{
	l->pages = l->leaving = l->target = l->hint = l->hinting = l->hint_said = 0;
	l->actual_due = l->stop_due = 0;
	l->stats_due = l->accepted & F_STATS && l->queue[STATSQ].enabled ? legal_soon(l) : 0;
	l->stats_first = true;
	l->ntags = 1 + legal_rand(l, 10);
	for (unsigned i = 0; i < 10; i++)
		l->tags[i] = (uint16_t)(legal_one_in(l, 12) ? 100 + i : i);
	if (!l->style.early)
		return;
	if (l->rng) {
		ask_for_bytes(l);
		return;
	}
	if (l->stats_due)
		give_stats(l);
	if (legal_one_in(l, 2))
		inflate(l, 1 + legal_rand(l, 4));
}

void legal_device_play(struct legal *l)
{
	if (l->rng) {
		ask_for_bytes(l);
		return;
	}
	switch (legal_rand(l, 12)) {
	case 0:
	case 1:
		legal_read_target(l);
		break;
	case 2:
	case 3:
	case 4:
		hint(l);
		break;
	case 6:
		if (l->accepted & F_POISON && legal_one_in(l, 20)) /* which does not modify it */
			legal_config_put(l, offsetof(struct virtio_balloon_config, poison_val),
					 l->poison);
		else if (l->style.flood)
			flood(l);
		break;
	case 5:
		if (l->accepted & F_REPORT)
			give_pages(l, K_REPORT, REPORTQ);
		break;
	default:
		follow_target(l);
		break;
	}
}

static bool over(const struct legal *l, uint64_t due)
{
	return due && l->accesses >= due;
}

void legal_device_dues(struct legal *l)
{
	if (over(l, l->actual_due)) {
		l->actual_due = 0;
		legal_config_put(l, offsetof(struct virtio_balloon_config, actual), l->pages);
	}
	if (over(l, l->stats_due) && l->queue[STATSQ].enabled) {
		give_stats(l);
		legal_publish(l, STATSQ);
	}
	if (l->hinting && over(l, l->stop_due)) {
		say_id(l, VIRTIO_BALLOON_CMD_ID_STOP);
		legal_publish(l, HINTQ);
	}
}

void legal_host_play(struct legal *l)
{
	if (l->rng)
		return;
	switch (legal_rand(l, 6)) {
	case 0:
	case 1:
		dev_poll_stats(l->dev);
		break;
	case 2:
		dev_set_hint(l->dev, dev_next_hint(l->dev));
		break;
	case 3:
		dev_set_hint(l->dev, legal_rand(l, 2));
		break;
	default:
		dev_set_target(l->dev, legal_rand(l, legal_one_in(l, 3) ? 600 : 30));
		break;
	}
	legal_wait(l, legal_rand(l, 2));
}
