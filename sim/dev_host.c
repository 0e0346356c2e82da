/* SPDX-License-Identifier: MIT */
/* The host's side of a device: its management port, and what to say of one that hangs. */
#include <linux/virtio_balloon.h>
#include <stdio.h>

#include "sim/dev_internal.h"

void dev_set_target(struct dev *dev, uint32_t pages)
{
	dev_catch_up(dev);
	dev->target = pages;
	dev->quiet = 0;
	*dev->model->pin.mgmt_target_i = pages;
	dev_record_host(dev, BUS_WRITE, BUS_HOST_TARGET, pages);
}

uint32_t dev_target(const struct dev *dev)
{
	return dev->target;
}

uint32_t dev_actual(struct dev *dev)
{
	dev_catch_up(dev);
	return *dev->model->pin.mgmt_actual_o;
}

void dev_poll_stats(struct dev *dev)
{
	dev_catch_up(dev);
	dev->quiet = 0;
	*dev->model->pin.mgmt_stats_req_i = 1;
	dev_record_host(dev, BUS_WRITE, BUS_HOST_POLL, 0);
}

void dev_set_hint(struct dev *dev, uint32_t cmd)
{
	dev_catch_up(dev);
	dev->hint = cmd;
	if (cmd > VIRTIO_BALLOON_CMD_ID_DONE)
		dev->hint_last = cmd;
	dev->quiet = 0;
	*dev->model->pin.mgmt_hint_cmd_i = cmd;
	dev_record_host(dev, BUS_WRITE, BUS_HOST_HINT, cmd);
}

uint32_t dev_next_hint(const struct dev *dev)
{
	return dev->hint_last == UINT32_MAX ? VIRTIO_BALLOON_CMD_ID_DONE + 1 : dev->hint_last + 1;
}

uint32_t dev_hint_sent(struct dev *dev)
{
	dev_catch_up(dev);
	return *dev->model->pin.mgmt_hint_id_o;
}

uint32_t dev_poison(struct dev *dev)
{
	dev_catch_up(dev);
	return *dev->model->pin.mgmt_poison_o;
}

static const char *register_port(const struct axil *axil)
{
	if (axil->state == AXIL_IDLE)
		return "idle";
	if (axil->state == AXIL_READ)
		return axil->addr_done ? "read address taken, no data" : "read address not taken";
	if (!axil->addr_done || !axil->data_done)
		return axil->addr_done   ? "write address taken, data not"
		       : axil->data_done ? "write data taken, address not"
					 : "neither write address nor data taken";
	return "write taken, no response";
}

char *dev_ports_str(const struct dev *dev, char *buf, size_t len)
{
	const struct axi_mem *am = &dev->axi_mem;

	snprintf(buf, len, "register port: %s; DMA: %u reads, %u writes in flight%s; %s",
		 register_port(&dev->axil), am->ar.n, am->aw.n,
		 am->waiting ? ", waiting for memory" : "",
		 *dev->model->pin.busy_o ? "busy" : "not busy");
	return buf;
}
