/* SPDX-License-Identifier: MIT */
/* virtio_device's registers, for initiators and for debuggers. */
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#include "sim/systemc/payload.h"
#include "sim/systemc/virtio_device.h"

using sc_core::sc_time;
using sc_core::sc_time_stamp;

/* --- registers --------------------------------------------------------------------------- */

uint64_t regs_address(struct dev_reg reg)
{
	uint64_t slot = reg.space == BUS_CFG    ? REGS_CFG
			: reg.space == BUS_MMIO ? REGS_MMIO
						: REGS_BAR + reg.bar * REGS_SLOT;

	return reg.addr < (slot ? REGS_SLOT : REGS_CFG_SIZE) ? slot + reg.addr : REGS_SIZE;
}

/* The register at an address; false where nothing can be. */
static bool place(uint64_t addr, uint64_t extent, struct dev_reg &reg)
{
	uint64_t slot = addr / REGS_SLOT, room = slot ? REGS_SLOT : REGS_CFG_SIZE;

	if (addr >= REGS_SIZE || addr % REGS_SLOT >= room || extent > room - addr % REGS_SLOT)
		return false;
	reg.space = slot == 0 ? BUS_CFG : slot == REGS_MMIO / REGS_SLOT ? BUS_MMIO : BUS_BAR;
	reg.bar = static_cast<uint8_t>(reg.space == BUS_BAR ? slot - 1 : 0);
	reg.addr = static_cast<uint32_t>(addr % REGS_SLOT);
	return true;
}

/* The largest access that may start here. */
static uint8_t piece(uint32_t addr, unsigned len)
{
	if (!(addr & 3) && len >= 4)
		return 4;
	return !(addr & 1) && len >= 2 ? 2 : 1;
}

tlm::tlm_response_status virtio_device::access_run(bool write, struct dev_reg reg, uint8_t *data,
						   unsigned len)
{
	for (; len; data += reg.size, reg.addr += reg.size, len -= reg.size) {
		uint32_t val = 0;
		int err;

		reg.size = piece(reg.addr, len);
		if (write) {
			memcpy(&val, data, reg.size);
			err = dev_write(dev_, reg, val);
		} else {
			err = dev_read(dev_, reg, &val);
			memcpy(data, &val, reg.size);
		}
		if (err)
			return err == -ETIMEDOUT ? tlm::TLM_GENERIC_ERROR_RESPONSE
						 : tlm::TLM_ADDRESS_ERROR_RESPONSE;
	}
	return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status virtio_device::access(tlm::tlm_generic_payload &p)
{
	struct dev_reg first = {};

	if (!dev_ || !place(p.get_address(), payload_extent(p), first))
		return tlm::TLM_ADDRESS_ERROR_RESPONSE;
	return payload_each(p, [&](uint64_t addr, uint8_t *data, unsigned len) {
		struct dev_reg reg = first;

		reg.addr += static_cast<uint32_t>(addr - p.get_address());
		return access_run(p.is_write(), reg, data, len);
	});
}

void virtio_device::b_transport(tlm::tlm_generic_payload &p, sc_time &delay)
{
	tlm::tlm_response_status status = payload_check(p);

	if (status == tlm::TLM_OK_RESPONSE && p.get_command() != tlm::TLM_IGNORE_COMMAND) {
		if (dev_)
			start_clock(sc_time_stamp() + delay);
		status = access(p);
		if (dev_) {
			delay += stop_clock();
			stir(delay);
		}
	}
	p.set_response_status(status);
}

/* --- debug transport ----------------------------------------------------------------------- */

/* ISR status is cleared by reading it (4.1.4.5); the PCI access window reads through. */
bool virtio_device::reading_changes(struct dev_reg reg) const
{
	for (const struct dev_reg &t : { isr_, window_ })
		if (t.size && t.space == reg.space && t.bar == reg.bar &&
		    reg.addr + reg.size > t.addr && reg.addr < t.addr + t.size)
			return true;
	return false;
}

/* Where these are, from the capability list (4.1.4), as a debugger reads it. */
void virtio_device::find_touchy()
{
	auto cfg = [this](unsigned off, unsigned size) {
		struct dev_reg reg = { BUS_CFG, 0, static_cast<uint8_t>(size), off };
		uint32_t val;

		return dev_peek(dev_, reg, &val) ? 0 : val;
	};
	unsigned at = 0;

	start_clock(sc_time_stamp());
	if (cfg(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST)
		at = cfg(PCI_CAPABILITY_LIST, 1) & ~3U;
	for (unsigned hops = 0; at && hops < 48;
	     hops++, at = cfg(at + PCI_CAP_LIST_NEXT, 1) & ~3U) {
		if (cfg(at, 1) != PCI_CAP_ID_VNDR)
			continue;
		if (cfg(at + VIRTIO_PCI_CAP_CFG_TYPE, 1) == VIRTIO_PCI_CAP_ISR_CFG)
			isr_ = { BUS_BAR, static_cast<uint8_t>(cfg(at + VIRTIO_PCI_CAP_BAR, 1)), 1,
				 cfg(at + VIRTIO_PCI_CAP_OFFSET, 4) };
		if (cfg(at + VIRTIO_PCI_CAP_CFG_TYPE, 1) == VIRTIO_PCI_CAP_PCI_CFG)
			window_ = { BUS_CFG, 0, 4,
				    at + static_cast<unsigned>(sizeof(struct virtio_pci_cap)) };
	}
}

unsigned virtio_device::transport_dbg(tlm::tlm_generic_payload &p)
{
	struct dev_reg reg = {};
	unsigned done = 0;
	uint32_t val;

	if (!dev_ || !p.get_data_ptr() || !p.is_read() || !place(p.get_address(), 1, reg))
		return 0;
	start_clock(sc_time_stamp());
	while (done < p.get_data_length()) {
		if (!place(p.get_address() + done, 1, reg))
			break;
		reg.size = piece(reg.addr, p.get_data_length() - done);
		while (reg.size > 1 && reading_changes(reg))
			reg.size /= 2;
		if (reading_changes(reg) || dev_peek(dev_, reg, &val))
			break;
		memcpy(p.get_data_ptr() + done, &val, reg.size);
		done += reg.size;
	}
	stir();
	return done;
}
