/* SPDX-License-Identifier: MIT */
#include "bridge/region.h"

#include <errno.h>
#include <string.h>

#include "bridge/backend.h"
#include "bridge/proto.h"

int region_check(const struct backend *be, uint32_t region, uint64_t off, uint32_t count)
{
	if (region >= VFIO_PCI_NUM_REGIONS || !count || count > PROTO_MAX_XFER)
		return -EINVAL;
	return off >= be->size[region] || count > be->size[region] - off ? -EINVAL : 0;
}

static unsigned natural(uint32_t off, uint32_t count)
{
	if (!(off & 3) && count >= 4)
		return 4;
	return !(off & 1) && count >= 2 ? 2 : 1;
}

/* Values are little endian on this wire as on PCI; byte by byte, any host will do. */
void region_read(const struct backend *be, uint32_t region, uint64_t off, uint8_t *data,
		 uint32_t count)
{
	uint32_t at = (uint32_t)off;

	while (count) {
		unsigned size = natural(at, count);
		uint32_t val = 0;

		be->ops->read(be->ctx, region, at, size, &val);
		for (unsigned i = 0; i < size; i++)
			*data++ = (uint8_t)(val >> (8 * i));
		at += size;
		count -= size;
	}
}

void region_write(const struct backend *be, uint32_t region, uint64_t off, const uint8_t *data,
		  uint32_t count)
{
	uint32_t at = (uint32_t)off;

	while (count) {
		unsigned size = natural(at, count);
		uint32_t val = 0;

		for (unsigned i = 0; i < size; i++)
			val |= (uint32_t)*data++ << (8 * i);
		be->ops->write(be->ctx, region, at, size, val);
		at += size;
		count -= size;
	}
}
