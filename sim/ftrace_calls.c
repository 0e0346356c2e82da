/* SPDX-License-Identifier: MIT */
#include "sim/ftrace_calls.h"

#include <stddef.h>
#include <string.h>

#include "specs/events.h"

#define MODERN "virtio_pci_modern_dev"
#define PCI    "virtio_pci"
#define MMIO   "virtio_mmio"

/* struct pci_dev: bus at 16, devfn at 56, vendor at 60, device at 62; pci_bus: number at 216 */
#define WHO                                                              \
	"dev=$arg1 bus=+216(+16(+0($arg1))):u8 devfn=+56(+0($arg1)):u8 " \
	"vendor=+60(+0($arg1)):x16 id=+62(+0($arg1)):x16"
#define DEV       "dev=$arg1"
#define INDEXED   DEV " index=+0($arg1):u32" /* struct virtio_device: index */
#define QUEUE     DEV " q=$arg2:u16"
#define VIRTQUEUE "vdev=+32($arg1):x64 q=+40($arg1):u32" /* struct virtqueue: vdev, index */
#define REGION    "vdev=$arg1 offset=$arg2:u32 size=$arg4:u32"
#define RET(type) "value=$retval:" type
#define S(id)     (EV_##id + 1)

#define FUNC(func, module, what) #func, module, CALL_##what, module##_IS_MMIO, false
#define LATE(func, module, what) #func, module, CALL_##what, module##_IS_MMIO, true
#define MODERN_IS_MMIO           false
#define PCI_IS_MMIO              false
#define MMIO_IS_MMIO             true

static const struct ftrace_call calls[] = {
	{ FUNC(vp_modern_set_status, MODERN, SET_STATUS),
	  WHO " value=$arg2:x8",
	  NULL,
	  { S(STATUS_WRITE) } },
	{ FUNC(vp_modern_get_status, MODERN, GET_STATUS), WHO, RET("x8"), { S(STATUS_READ) } },
	{ FUNC(vp_modern_get_features, MODERN, GET_FEATURES),
	  DEV,
	  RET("x64"),
	  { S(DEVICE_FEATURE_READ) } },
	{ FUNC(vp_modern_set_features, MODERN, SET_FEATURES),
	  DEV " value=$arg2:x64",
	  NULL,
	  { S(DRIVER_FEATURE_WRITE) } },
	{ FUNC(vp_modern_get_driver_features, MODERN, GET_DRIVER_FEATURES),
	  DEV,
	  RET("x64"),
	  { S(DRIVER_FEATURE_READ) } },
	{ FUNC(vp_modern_generation, MODERN, GENERATION),
	  DEV,
	  RET("u8"),
	  { S(CONFIG_GENERATION_READ) } },
	{ FUNC(vp_modern_queue_vector, MODERN, QUEUE_VECTOR),
	  QUEUE " value=$arg3:x16",
	  RET("x16"),
	  { S(QUEUE_VECTOR_WRITE), S(QUEUE_VECTOR_READ) } },
	{ FUNC(vp_modern_config_vector, MODERN, CONFIG_VECTOR),
	  DEV " value=$arg2:x16",
	  RET("x16"),
	  { S(CONFIG_VECTOR_WRITE), S(CONFIG_VECTOR_READ) } },
	{ FUNC(vp_modern_queue_address, MODERN, QUEUE_ADDRESS),
	  QUEUE " desc=$arg3:x64 driver=$arg4:x64 device=$arg5:x64",
	  NULL,
	  { S(QUEUE_ADDR_WRITE) } },
	{ FUNC(vp_modern_set_queue_enable, MODERN, SET_ENABLE),
	  QUEUE " value=$arg3:u8",
	  NULL,
	  { S(QUEUE_ENABLE_WRITE) } },
	{ FUNC(vp_modern_get_queue_enable, MODERN, GET_ENABLE),
	  QUEUE,
	  RET("u8"),
	  { S(QUEUE_ENABLE_READ) } },
	{ FUNC(vp_modern_set_queue_size, MODERN, SET_SIZE),
	  QUEUE " value=$arg3:u16",
	  NULL,
	  { S(QUEUE_SIZE_WRITE) } },
	{ FUNC(vp_modern_get_queue_size, MODERN, GET_SIZE),
	  QUEUE,
	  RET("u16"),
	  { S(QUEUE_SIZE_READ) } },
	{ FUNC(vp_modern_get_num_queues, MODERN, NUM_QUEUES),
	  DEV,
	  RET("u16"),
	  { S(NUM_QUEUES_READ) } },
	/* It returns nothing, and waits in a loop of reads until the queue is through. */
	{ FUNC(vp_modern_set_queue_reset, MODERN, QUEUE_RESET),
	  QUEUE,
	  "",
	  { S(QUEUE_RESET_WRITE), S(QUEUE_RESET_READ) } },
	{ FUNC(vp_modern_get_queue_reset, MODERN, GET_QUEUE_RESET),
	  QUEUE,
	  RET("u8"),
	  { S(QUEUE_RESET_READ) } },
	{ FUNC(vp_notify, PCI, NOTIFY), VIRTQUEUE, NULL, { S(NOTIFY) } },
	{ LATE(vp_notify_with_data, PCI, NOTIFY), VIRTQUEUE, NULL, { S(NOTIFY) } },
	{ LATE(vp_get, PCI, CONFIG_GET), REGION, NULL, { S(CONFIG_READ) } },
	{ LATE(vp_set, PCI, CONFIG_SET), REGION " value=+0($arg3):x32", NULL, { S(CONFIG_WRITE) } },
	{ FUNC(vm_set_status, MMIO, SET_STATUS),
	  INDEXED " value=$arg2:x8",
	  NULL,
	  { S(STATUS_WRITE) } },
	{ FUNC(vm_reset, MMIO, RESET), INDEXED, NULL, { S(STATUS_WRITE) } },
	{ FUNC(vm_get_status, MMIO, GET_STATUS), INDEXED, RET("x8"), { S(STATUS_READ) } },
	{ FUNC(vm_get_features, MMIO, GET_FEATURES), DEV, RET("x64"), { S(DEVICE_FEATURE_READ) } },
	{ FUNC(vm_finalize_features, MMIO, FINALIZE), DEV, NULL, { S(DRIVER_FEATURE_WRITE) } },
	{ FUNC(vm_generation, MMIO, GENERATION), DEV, RET("u32"), { S(CONFIG_GENERATION_READ) } },
	/* Sizes and addresses are written in it as well, before a queue is made ready. */
	{ FUNC(vm_find_vqs, MMIO, FIND_VQS),
	  DEV " value=$arg2:u32",
	  RET("s32"),
	  { S(QUEUE_ENABLE_WRITE), S(QUEUE_SIZE_WRITE), S(QUEUE_ADDR_WRITE) } },
	{ FUNC(vm_notify, MMIO, NOTIFY), VIRTQUEUE, NULL, { S(NOTIFY) } },
	{ LATE(vm_notify_with_data, MMIO, NOTIFY), VIRTQUEUE, NULL, { S(NOTIFY) } },
	{ FUNC(vm_get, MMIO, CONFIG_GET), REGION, NULL, { S(CONFIG_READ) } },
	{ FUNC(vm_set, MMIO, CONFIG_SET),
	  REGION " value=+0($arg3):x32",
	  NULL,
	  { S(CONFIG_WRITE) } },
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

const struct ftrace_call *ftrace_call(unsigned n)
{
	return n < CALLS ? &calls[n] : NULL;
}

const struct ftrace_call *ftrace_call_of(const char *name)
{
	const char *end = strstr(name, "__");
	size_t len = end ? (size_t)(end - name) : strlen(name);

	for (unsigned i = 0; i < CALLS; i++)
		if (strlen(calls[i].func) == len && !memcmp(calls[i].func, name, len))
			return &calls[i];
	return NULL;
}
