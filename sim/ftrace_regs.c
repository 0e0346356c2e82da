/* SPDX-License-Identifier: MIT */
/* A call of a virtio driver as accesses to registers. */
#include <linux/pci_regs.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#include "sim/ftrace_internal.h"

#define WINDOW     0x1000U /* bytes of each structure in the BAR, but the common one */
#define QUEUES_MAX 64U     /* of find_vqs; more are none */
#define CAP(at)    (0x40U + 0x14U * (at))

/* Where a register is over PCI and over MMIO; width over PCI. */
struct reg {
	uint16_t pci, mmio;
	uint8_t width;
};

static const struct reg device_feature_select = { VIRTIO_PCI_COMMON_DFSELECT,
						  VIRTIO_MMIO_DEVICE_FEATURES_SEL, 4 };
static const struct reg device_feature = { VIRTIO_PCI_COMMON_DF, VIRTIO_MMIO_DEVICE_FEATURES, 4 };
static const struct reg driver_feature_select = { VIRTIO_PCI_COMMON_GFSELECT,
						  VIRTIO_MMIO_DRIVER_FEATURES_SEL, 4 };
static const struct reg driver_feature = { VIRTIO_PCI_COMMON_GF, VIRTIO_MMIO_DRIVER_FEATURES, 4 };
static const struct reg config_vector = { VIRTIO_PCI_COMMON_MSIX, 0, 2 };
static const struct reg num_queues = { VIRTIO_PCI_COMMON_NUMQ, 0, 2 };
static const struct reg status = { VIRTIO_PCI_COMMON_STATUS, VIRTIO_MMIO_STATUS, 1 };
static const struct reg generation = { VIRTIO_PCI_COMMON_CFGGENERATION,
				       VIRTIO_MMIO_CONFIG_GENERATION, 1 };
static const struct reg queue_select = { VIRTIO_PCI_COMMON_Q_SELECT, VIRTIO_MMIO_QUEUE_SEL, 2 };
static const struct reg queue_size = { VIRTIO_PCI_COMMON_Q_SIZE, VIRTIO_MMIO_QUEUE_NUM, 2 };
static const struct reg queue_vector = { VIRTIO_PCI_COMMON_Q_MSIX, 0, 2 };
static const struct reg queue_enable = { VIRTIO_PCI_COMMON_Q_ENABLE, VIRTIO_MMIO_QUEUE_READY, 2 };
static const struct reg queue_reset = { VIRTIO_PCI_COMMON_Q_RESET, 0xc0, 2 };

static void put(struct ftrace_bus *bus, struct device *dev, struct bus_rec *rec)
{
	uint64_t passed = bus->timed ? bus->time - bus->time0 : bus->lines;

	/* The layout and what was made up comes first. */
	rec->cycle = passed + 1000 > dev->cycle ? passed + 1000 : dev->cycle + 1;
	if (!dev->laid_out)
		rec->cycle = dev->cycle + 1;
	dev->cycle = rec->cycle;
	rec->be = (uint8_t)((1U << rec->size) - 1);
	dev->pub.records++;
	bus->sink.rec(bus->sink.ctx, (unsigned)(dev - bus->device), rec);
}

static void access(struct ftrace_bus *bus, struct device *dev, bool write, uint64_t addr,
		   unsigned size, uint64_t data)
{
	struct bus_rec rec = {
		.addr = addr,
		.data = data & (size < 8 ? (1ULL << (8 * size)) - 1 : UINT64_MAX),
		.space = dev->pub.mmio ? BUS_MMIO : BUS_BAR,
		.op = write ? BUS_WRITE : BUS_READ,
		.size = (uint8_t)size,
	};

	put(bus, dev, &rec);
}

static void reg(struct ftrace_bus *bus, struct device *dev, bool write, const struct reg *r,
		uint64_t value)
{
	if (dev->pub.mmio)
		access(bus, dev, write, r->mmio, 4, value);
	else
		access(bus, dev, write, BAR_COMMON + r->pci, r->width, value);
}

/* Configuration space of the function as it is made up: the list of capabilities (4.1.4). */
void ftrace_regs_layout(struct ftrace_bus *bus, struct device *dev)
{
	static const struct {
		uint8_t type, len;
		uint32_t at, bytes;
	} caps[] = {
		{ VIRTIO_PCI_CAP_COMMON_CFG, 16, BAR_COMMON, 0x40 },
		{ VIRTIO_PCI_CAP_ISR_CFG, 16, BAR_ISR, WINDOW },
		{ VIRTIO_PCI_CAP_DEVICE_CFG, 16, BAR_DEVICE, WINDOW },
		{ VIRTIO_PCI_CAP_NOTIFY_CFG, 20, BAR_NOTIFY, WINDOW },
	};
	const unsigned n = sizeof(caps) / sizeof(caps[0]);
	struct bus_rec rec = { .space = BUS_CFG, .size = 4 };

	if (!dev->pub.mmio) {
		rec.addr = PCI_CAPABILITY_LIST;
		rec.data = CAP(0);
		put(bus, dev, &rec);
	}
	for (unsigned i = 0; i < n && !dev->pub.mmio; i++) {
		const uint32_t words[] = { PCI_CAP_ID_VNDR | (i + 1 < n ? CAP(i + 1) : 0) << 8 |
						   (uint32_t)caps[i].len << 16 |
						   (uint32_t)caps[i].type << 24,
					   0, caps[i].at, caps[i].bytes, 4 };

		for (unsigned w = 0; w < caps[i].len / 4U; w++) {
			rec.addr = CAP(i) + 4 * w;
			rec.data = words[w];
			put(bus, dev, &rec);
		}
	}
	dev->laid_out = true;
}

void ftrace_regs_status(struct ftrace_bus *bus, struct device *dev, bool write, uint64_t value)
{
	reg(bus, dev, write, &status, value);
}

/* In pieces of up to 4 bytes, as the driver does; `value` is known of the first. */
void ftrace_regs_config(struct ftrace_bus *bus, struct device *dev, bool write, uint64_t offset,
			uint64_t size, uint64_t value)
{
	uint64_t at = dev->pub.mmio ? VIRTIO_MMIO_CONFIG : BAR_DEVICE;

	if (offset >= WINDOW || size > WINDOW - offset)
		return;
	while (size) {
		unsigned n = size >= 4 ? 4 : size >= 2 ? 2 : 1;

		access(bus, dev, write, at + offset, n, value);
		offset += n;
		size -= n;
		value = 0;
	}
}

static void feature_words(struct ftrace_bus *bus, struct device *dev, bool write, uint64_t bits)
{
	const struct reg *sel = write ? &driver_feature_select : &device_feature_select;
	const struct reg *word = write ? &driver_feature : &device_feature;

	for (unsigned i = 0; i < 2; i++) {
		reg(bus, dev, true, sel, i);
		reg(bus, dev, write, word, bits >> (32 * i));
	}
}

static void select_queue(struct ftrace_bus *bus, struct device *dev, uint64_t q)
{
	reg(bus, dev, true, &queue_select, q);
}

static void addresses(struct ftrace_bus *bus, struct device *dev, const struct ftrace_line *line)
{
	static const char *const names[] = { "desc", "driver", "device" };
	static const uint16_t at[] = { VIRTIO_PCI_COMMON_Q_DESCLO, VIRTIO_PCI_COMMON_Q_AVAILLO,
				       VIRTIO_PCI_COMMON_Q_USEDLO };
	uint64_t addr = 0;

	for (unsigned i = 0; i < 3; i++) {
		if (line)
			ftrace_field(line, names[i], &addr);
		access(bus, dev, true, BAR_COMMON + at[i], 4, addr);
		access(bus, dev, true, BAR_COMMON + at[i] + 4U, 4, addr >> 32);
	}
}

static void notify(struct ftrace_bus *bus, struct device *dev, uint64_t q)
{
	if (dev->pub.mmio)
		access(bus, dev, true, VIRTIO_MMIO_QUEUE_NOTIFY, 4, q);
	else
		access(bus, dev, true, BAR_NOTIFY + 4 * (q % (WINDOW / 4)), 2, q);
}

void ftrace_regs_call(struct ftrace_bus *bus, struct device *dev, enum ftrace_what what,
		      const struct ftrace_line *line, uint64_t q, uint64_t value)
{
	switch (what) {
	case CALL_SET_STATUS:
		ftrace_regs_status(bus, dev, true, value);
		break;
	case CALL_RESET:
		ftrace_regs_status(bus, dev, true, 0);
		break;
	case CALL_SET_FEATURES:
	case CALL_FINALIZE:
		feature_words(bus, dev, true, value);
		break;
	case CALL_QUEUE_VECTOR:
		select_queue(bus, dev, q);
		reg(bus, dev, true, &queue_vector, value);
		break;
	case CALL_CONFIG_VECTOR:
		reg(bus, dev, true, &config_vector, value);
		break;
	case CALL_QUEUE_ADDRESS:
		select_queue(bus, dev, q);
		addresses(bus, dev, line);
		break;
	case CALL_SET_ENABLE:
		select_queue(bus, dev, q);
		reg(bus, dev, true, &queue_enable, value);
		break;
	case CALL_SET_SIZE:
		select_queue(bus, dev, q);
		reg(bus, dev, true, &queue_size, value);
		break;
	case CALL_QUEUE_RESET:
		select_queue(bus, dev, q);
		reg(bus, dev, true, &queue_reset, 1);
		break;
	case CALL_NOTIFY:
		notify(bus, dev, q);
		break;
	default: /* what counts is what it returns */
		break;
	}
}

void ftrace_regs_return(struct ftrace_bus *bus, struct device *dev, enum ftrace_what what,
			uint64_t q, uint64_t arg, uint64_t value)
{
	switch (what) {
	case CALL_GET_STATUS:
		ftrace_regs_status(bus, dev, false, value);
		break;
	case CALL_GET_FEATURES:
		feature_words(bus, dev, false, value);
		break;
	case CALL_GET_DRIVER_FEATURES:
		for (unsigned i = 0; i < 2; i++) {
			reg(bus, dev, true, &driver_feature_select, i);
			reg(bus, dev, false, &driver_feature, value >> (32 * i));
		}
		break;
	case CALL_GENERATION:
		reg(bus, dev, false, &generation, value);
		break;
	case CALL_QUEUE_VECTOR:
		reg(bus, dev, false, &queue_vector, value);
		break;
	case CALL_CONFIG_VECTOR:
		reg(bus, dev, false, &config_vector, value);
		break;
	case CALL_GET_ENABLE:
		select_queue(bus, dev, q);
		reg(bus, dev, false, &queue_enable, value);
		break;
	case CALL_GET_SIZE:
		select_queue(bus, dev, q);
		reg(bus, dev, false, &queue_size, value);
		break;
	case CALL_NUM_QUEUES:
		reg(bus, dev, false, &num_queues, value);
		break;
	case CALL_QUEUE_RESET: /* it does not return before the register reads 0 */
		value = 0;
		/* fall through */
	case CALL_GET_QUEUE_RESET:
		select_queue(bus, dev, q);
		reg(bus, dev, false, &queue_reset, value);
		break;
	case CALL_FIND_VQS:
		for (uint64_t i = 0; !value && i < arg && i < QUEUES_MAX; i++) {
			select_queue(bus, dev, i);
			reg(bus, dev, true, &queue_enable, 1);
		}
		break;
	default:
		break;
	}
}
