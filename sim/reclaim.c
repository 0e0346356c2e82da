/* SPDX-License-Identifier: MIT */
#include "sim/reclaim.h"

#include "sim/mem.h"

#define PAGE_SHIFT 12 /* balloon pages are 4 KiB whatever the guest's are: 5.5.6 */
#define PAGE_SIZE  (1ULL << PAGE_SHIFT)

/* Whole pages. */
static void discard(struct reclaim *rc, uint64_t gpa, uint64_t len, uint64_t *returned)
{
	if (!len)
		return;
	if (!mem_discard(rc->mem, gpa, len)) {
		*returned += len;
		return;
	}
	/* Part of the run may be memory: page by page. */
	for (uint64_t at = 0; at < len; at += 1 << PAGE_SHIFT) {
		if (!mem_discard(rc->mem, gpa + at, 1 << PAGE_SHIFT))
			*returned += 1 << PAGE_SHIFT;
		else if (!mem_find(rc->mem, gpa + at, 1 << PAGE_SHIFT))
			rc->outside++;
	}
}

void reclaim_flush(struct reclaim *rc)
{
	uint64_t npages = rc->npages;

	rc->npages = 0;
	discard(rc, rc->first << PAGE_SHIFT, npages << PAGE_SHIFT, &rc->returned);
}

void reclaim_range(struct reclaim *rc, const struct dev_range *range)
{
	uint64_t first = (range->gpa >> PAGE_SHIFT) + (range->gpa % PAGE_SIZE != 0);
	uint64_t end = (range->gpa + range->len) >> PAGE_SHIFT;
	uint64_t before, after;

	if (range->gpa + range->len < range->gpa || end >> (64 - PAGE_SHIFT)) {
		rc->outside++;
		return;
	}
	if (range->kind == DEV_HINTED)
		rc->hinted += range->len;
	else
		rc->reported += range->len;
	if (end <= first || (range->kind == DEV_REPORTED && range->poison))
		return;
	before = mem_allocated(rc->mem, first << PAGE_SHIFT);
	discard(rc, first << PAGE_SHIFT, (end - first) << PAGE_SHIFT, &rc->returned_free);
	after = mem_allocated(rc->mem, first << PAGE_SHIFT);
	rc->fell_free += before > after ? before - after : 0;
}

void reclaim_page(struct reclaim *rc, enum dev_page dir, uint32_t pfn)
{
	if (dir == DEV_DEFLATE) {
		rc->deflated++;
		reclaim_flush(rc);
		return;
	}
	rc->inflated++;
	if (rc->npages && pfn == rc->first + rc->npages) {
		rc->npages++;
	} else if (rc->npages && pfn + 1ULL == rc->first) {
		rc->first--;
		rc->npages++;
	} else {
		reclaim_flush(rc);
		rc->first = pfn;
		rc->npages = 1;
	}
}
