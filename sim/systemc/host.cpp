/* SPDX-License-Identifier: MIT */
#include "sim/systemc/host.h"

#include "sim/systemc/payload.h"

host::host(sc_core::sc_module_name name, virtio_device &device, memory &ram, uint64_t base,
	   const sc_core::sc_time &period)
    : sc_module(name), socket("socket"), device_(device), ram_(ram), base_(base), period_(period)
{
	SC_THREAD(process);
	set_stack_size(C_STACK);
}

void host::process()
{
	keeper_.reset();
	if (main)
		main();
}

struct port host::port()
{
	return { this, on_read, on_write, on_run, on_step, on_reset };
}

uint8_t *host::pointer(uint64_t addr, uint64_t len)
{
	tlm::tlm_dmi dmi;

	payload_make(payload_, tlm::TLM_WRITE_COMMAND, addr, nullptr, 0);
	if (!socket->get_direct_mem_ptr(payload_, dmi) || !dmi.is_read_write_allowed() ||
	    addr < dmi.get_start_address() || addr + (len - 1) > dmi.get_end_address())
		return nullptr;
	return dmi.get_dmi_ptr() + (addr - dmi.get_start_address());
}

int host::access(bool write, struct dev_reg reg, uint32_t &val)
{
	sc_core::sc_time delay = keeper_.get_local_time();
	uint64_t addr = regs_address(reg);
	int err = device_.rig() ? dev_reg_check(rig_dev(device_.rig()), reg) : 0;

	if (err || addr >= REGS_SIZE)
		return err ? err : -EIO;
	payload_make(payload_, write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, base_ + addr,
		     &val, reg.size);
	socket->b_transport(payload_, delay);
	keeper_.set(delay);
	if (keeper_.need_sync())
		keeper_.sync();
	switch (payload_.get_response_status()) {
	case tlm::TLM_OK_RESPONSE:
		return 0;
	case tlm::TLM_GENERIC_ERROR_RESPONSE:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

int host::on_read(void *ctx, struct dev_reg reg, uint32_t *val)
{
	int err;

	*val = 0;
	err = static_cast<host *>(ctx)->access(false, reg, *val);
	if (err)
		*val = UINT32_MAX >> (err == -EINVAL ? 0 : 32 - 8 * reg.size);
	return err;
}

int host::on_write(void *ctx, struct dev_reg reg, uint32_t val)
{
	return static_cast<host *>(ctx)->access(true, reg, val);
}

int host::run()
{
	keeper_.sync();
	if (ram_.blocked())
		ram_.retry();
	device_.stir();
	while (device_.busy()) {
		if (ram_.blocked())
			return -EAGAIN;
		wait(device_.idle() | ram_.blocks());
	}
	return device_.hangs() ? -ETIMEDOUT : 0;
}

int host::on_run(void *ctx)
{
	return static_cast<host *>(ctx)->run();
}

void host::on_step(void *ctx, uint64_t n)
{
	host *self = static_cast<host *>(ctx);

	self->keeper_.inc(self->period_ * static_cast<double>(n));
	self->keeper_.sync();
}

void host::on_reset(void *ctx)
{
	host *self = static_cast<host *>(ctx);

	self->device_.reset();
	self->run();
}
