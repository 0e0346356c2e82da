/* SPDX-License-Identifier: MIT */
/*
 * vfio-user on the wire: headers and payloads, in host byte order.
 * Source: QEMU, docs/interop/vfio-user.rst; the section is named at each structure.
 * Device, region and interrupt information are <linux/vfio.h>'s own structures.
 */
#ifndef BRIDGE_PROTO_H
#define BRIDGE_PROTO_H

#include <linux/vfio.h>
#include <stdint.h>

/* Header: the commands */
enum proto_command {
	PROTO_VERSION = 1,
	PROTO_DMA_MAP = 2,
	PROTO_DMA_UNMAP = 3,
	PROTO_DEVICE_GET_INFO = 4,
	PROTO_DEVICE_GET_REGION_INFO = 5,
	PROTO_DEVICE_GET_REGION_IO_FDS = 6,
	PROTO_DEVICE_GET_IRQ_INFO = 7,
	PROTO_DEVICE_SET_IRQS = 8,
	PROTO_REGION_READ = 9,
	PROTO_REGION_WRITE = 10,
	PROTO_DMA_READ = 11,  /* server to client */
	PROTO_DMA_WRITE = 12, /* server to client */
	PROTO_DEVICE_RESET = 13,
	PROTO_REGION_WRITE_MULTI = 15,
	PROTO_DEVICE_FEATURE = 16,
	PROTO_MIG_DATA_READ = 17,
	PROTO_MIG_DATA_WRITE = 18,
	PROTO_COMMANDS
};

/* Header: the flags */
#define PROTO_TYPE     0x0fU
#define PROTO_REQUEST  0x00U
#define PROTO_REPLY    0x01U
#define PROTO_NO_REPLY 0x10U
#define PROTO_ERROR    0x20U
#define PROTO_FLAGS    (PROTO_TYPE | PROTO_NO_REPLY | PROTO_ERROR)

struct proto_hdr {
	uint16_t id; /* the sender's; echoed in the reply */
	uint16_t command;
	uint32_t size; /* of the whole message, this header included */
	uint32_t flags;
	uint32_t error; /* errno, in a reply with PROTO_ERROR */
};
_Static_assert(sizeof(struct proto_hdr) == 16, "Header: 16 bytes");

/* VFIO_USER_VERSION; JSON text with its NUL follows, or nothing */
struct proto_version {
	uint16_t major;
	uint16_t minor;
};
_Static_assert(sizeof(struct proto_version) == 4, "VERSION: data at 4");

#define PROTO_MAJOR 0
#define PROTO_MINOR 0

/* VFIO_USER_VERSION, capabilities: the defaults for what a side does not mention */
#define PROTO_MAX_XFER 1048576
#define PROTO_MSG_FDS  1
#define PROTO_PGSIZES  4096

struct proto_dma_map {
	uint32_t argsz;
	uint32_t flags; /* VFIO_DMA_MAP_FLAG_READ, _WRITE */
	uint64_t offset;
	uint64_t address;
	uint64_t size;
};
_Static_assert(sizeof(struct proto_dma_map) == 32, "DMA_MAP: 32 bytes");

struct proto_dma_unmap {
	uint32_t argsz;
	uint32_t flags; /* none, or VFIO_DMA_UNMAP_FLAG_ALL as QEMU sends it */
	uint64_t address;
	uint64_t size;
};
_Static_assert(sizeof(struct proto_dma_unmap) == 24, "DMA_UNMAP: 24 bytes");

/* VFIO_USER_DEVICE_GET_INFO: the first 16 bytes of struct vfio_device_info */
struct proto_device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t num_regions;
	uint32_t num_irqs;
};
_Static_assert(sizeof(struct proto_device_info) == 16, "DEVICE_GET_INFO: 16 bytes");

_Static_assert(sizeof(struct vfio_region_info) == 32, "DEVICE_GET_REGION_INFO: 32 bytes");
_Static_assert(sizeof(struct vfio_irq_info) == 16, "DEVICE_GET_IRQ_INFO: 16 bytes");
_Static_assert(sizeof(struct vfio_irq_set) == 20, "DEVICE_SET_IRQS: data at 20");

/* VFIO_USER_REGION_READ, _WRITE; data follows in a read's reply and a write's request */
struct proto_region_rw {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};
_Static_assert(sizeof(struct proto_region_rw) == 16, "REGION_READ: data at 16");

/* VFIO_USER_REGION_WRITE_MULTI: this many of struct proto_write_one follow */
struct proto_write_multi {
	uint64_t wr_cnt;
};
_Static_assert(sizeof(struct proto_write_multi) == 8, "REGION_WRITE_MULTI: wrs at 8");

struct proto_write_one {
	uint64_t offset;
	uint32_t region;
	uint32_t count; /* 8 or less */
	uint8_t data[8];
};
_Static_assert(sizeof(struct proto_write_one) == 24, "REGION_WRITE_MULTI: 24 bytes each");

/* VFIO_USER_DMA_READ, _WRITE; data follows in a read's reply and a write's request */
struct proto_dma_rw {
	uint64_t address;
	uint64_t count;
};
_Static_assert(sizeof(struct proto_dma_rw) == 16, "DMA_READ: data at 16");

/* The longest message that either side may send. */
#define PROTO_MAX_MSG (sizeof(struct proto_hdr) + sizeof(struct proto_dma_rw) + PROTO_MAX_XFER)

#endif
