/* SPDX-License-Identifier: MIT */
/*
 * The bus record: the one canonical thing that crosses struct dev.
 *
 * Trace, observer, importers, SystemC and the in-guest module all speak it. The
 * layout below is frozen: 32 bytes, little endian on disk, no padding.
 *
 *   byte  field   meaning
 *   0-7   cycle   RTL clock cycle: of a read, when the data came back; of a write, when the
 *                 device had accepted address and data (it may act on them from then on)
 *   8-15  addr    see enum bus_space
 *   16-23 data    see enum bus_space; bytes outside `be` read as zero
 *   24    space   enum bus_space
 *   25    op      enum bus_op
 *   26    size    bytes: 1, 2 or 4 for registers, 8 for a DMA beat, else 0
 *   27    be      byte enables: bit n covers data bits 8n+7..8n
 *   28    resp    enum bus_resp
 *   29    index   BAR number, AXI id of a DMA beat, enum bus_irq or enum bus_cue
 *   30    flags   BUS_F_*
 *   31    zero
 */
#ifndef SIM_BUS_H
#define SIM_BUS_H

#include <assert.h>
#include <stdint.h>

enum bus_space {
	BUS_CFG = 0,   /* PCI configuration space: addr = byte offset, data right-aligned */
	BUS_BAR = 1,   /* memory BAR `index`: addr = byte offset, data right-aligned */
	BUS_MMIO = 2,  /* virtio-mmio window: addr = byte offset, data right-aligned */
	BUS_DMA = 3,   /* one AXI beat: addr = guest physical, multiple of 8; data by lane */
	BUS_IRQ = 4,   /* index = enum bus_irq; INTx: data = level; MSI-X: addr = vector */
	BUS_HOST = 5,  /* addr = enum bus_host, and what it says << 32; data = its value */
	BUS_SNOOP = 6, /* as BUS_DMA: guest memory, looked at when something happened */
	BUS_CUE = 7    /* index = enum bus_cue: no bus fact, but what a replay needs to know */
};

enum bus_op { BUS_READ = 0, BUS_WRITE = 1 };

/* AXI4 response codes (AMBA AXI, table A3-4), and ours for an exhausted budget. */
enum bus_resp { BUS_OKAY = 0, BUS_SLVERR = 2, BUS_DECERR = 3, BUS_HANG = 0x80 };

enum bus_irq { BUS_INTX = 0, BUS_MSIX = 1 };

/* What crosses the management port, and what the world does to the whole device. */
enum bus_host {
	BUS_HOST_RESET = 0,    /* rst_ni pulsed: power-on, bus reset or function reset */
	BUS_HOST_TARGET = 1,   /* write: balloon target, in 4 KiB pages */
	BUS_HOST_ACTUAL = 2,   /* read: balloon size as the driver last wrote it */
	BUS_HOST_INFLATE = 3,  /* data = page frame number the device hands to the host */
	BUS_HOST_DEFLATE = 4,  /* data = page frame number the device gives back */
	BUS_HOST_POLL = 5,     /* write: the guest's statistics, please */
	BUS_HOST_STAT = 6,     /* data = a value, addr = tag << 32 */
	BUS_HOST_HINT = 7,     /* write: the free page hint command id on show, 0 stop, 1 done */
	BUS_HOST_HINTED = 8,   /* data = address of free memory, addr = bytes << 32 */
	BUS_HOST_REPORTED = 9, /* the same, as reported */
};

/*
 * What was done to struct dev, when it was done; a cue comes before the records that it
 * brings about. Cues go to traces, never to observers.
 */
enum bus_cue {
	BUS_CUE_ACCESS = 0,  /* begins; op, size; addr = offset, BAR << 32, space << 40; data */
	BUS_CUE_QUIET = 1,   /* dev_run saw the device quiet */
	BUS_CUE_LOAD = 2,    /* the bytes of a burst at addr came by message */
	BUS_CUE_MAP = 3,     /* window of guest memory: addr, data = bytes, be = MEM_R | MEM_W */
	BUS_CUE_UNMAP = 4,   /* the window at addr of data bytes went */
	BUS_CUE_END = 5,     /* the session was ended */
	BUS_CUE_STALLED = 6, /* dev_run gave up: the device does not come to rest */
	BUS_CUE_BROKEN = 7,  /* data = the rule of AXI that the device broke (sim/axi_rules.h) */
	BUS_CUE_CLOCK = 8    /* data: 0 the device's clock is stopped, 1 it goes on */
};

#define BUS_F_LAST 0x01 /* last beat of an AXI burst */
#define BUS_F_RESP 0x02 /* the error response to the register write recorded before */
#define BUS_F_MSG  0x04 /* BUS_CUE_MAP: accesses go by message, and may have to wait */
#define BUS_F_PEEK 0x08 /* BUS_CUE_ACCESS: by dev_peek, no record follows */

struct bus_rec {
	uint64_t cycle;
	uint64_t addr;
	uint64_t data;
	uint8_t space;
	uint8_t op;
	uint8_t size;
	uint8_t be;
	uint8_t resp;
	uint8_t index;
	uint8_t flags;
	uint8_t zero;
};

static_assert(sizeof(struct bus_rec) == 32, "the bus record is 32 bytes");

/* "cfg", "bar", ..; "?" for none of enum bus_space. */
const char *bus_space_name(unsigned space);

/* One line of text for a record, for logs and explanations. Returns buf. */
char *bus_rec_str(const struct bus_rec *rec, char *buf, unsigned len);

#endif
