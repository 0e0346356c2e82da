/* SPDX-License-Identifier: MIT */
/*
 * The memory that a device sees, where memory is what an initiator socket reaches: a
 * struct mem whose windows are DMI pointers where the platform grants them, and
 * otherwise go by message (sim/mem.h). A message is asked for while the RTL runs, and
 * made in perform(), when it does not: so a target may wait, and registers can be
 * accessed meanwhile.
 */
#ifndef SIM_SYSTEMC_DMA_PORT_H
#define SIM_SYSTEMC_DMA_PORT_H

#include <cstdint>
#include <tlm>
#include <vector>

#include "sim/systemc/clib.h"

class dma_port
{
      public:
	using socket_type = tlm::tlm_base_initiator_socket<>;

	/* dmi: ask for pointers where a target hints that it has some. */
	dma_port(socket_type &socket, bool dmi);
	~dma_port();
	dma_port(const dma_port &) = delete;
	dma_port &operator=(const dma_port &) = delete;

	struct mem *mem() const
	{
		return mem_;
	}

	/* Makes the transactions asked for, from a thread; delay as in b_transport. */
	void perform(sc_core::sc_time &delay);

	/*
	 * The RTL ran, and stopped: an answer that it has not taken it wants no more, for it
	 * has got the bytes by a pointer, and one that it has taken in vain may be another now.
	 */
	void stopped();

	/* The device was reset: what it asked for it wants no more. */
	void drop();

	/* Pointers into [first, last] are no longer to be used. */
	void invalidate(uint64_t first, uint64_t last);

	/* What the platform says that a transaction takes which went by pointer; else 0. */
	sc_core::sc_time latency(uint64_t addr, bool write) const;

      private:
	enum class state { none, wanted, flying, dropped, done };
	struct request {
		enum state state;
		uint64_t addr;
		std::vector<uint8_t> data;
		int err;
		std::vector<int> beat_err; /* of a read that failed as a whole: by 8-byte beat */
	};

	static int read_op(void *ctx, uint64_t gpa, void *buf, size_t len);
	static int write_op(void *ctx, uint64_t gpa, const void *buf, size_t len);
	static int peek_op(void *ctx, uint64_t gpa, void *buf, size_t len);
	int read(uint64_t gpa, void *buf, size_t len);
	int write(uint64_t gpa, const void *buf, size_t len);
	int ask(request &rq, uint64_t gpa, const void *buf, size_t len);
	int transact(bool write, uint64_t addr, void *data, size_t len, sc_core::sc_time &delay);
	void fetch_by_beat(request &rq, sc_core::sc_time &delay);
	void ask_for_pointer(tlm::tlm_generic_payload &p);
	void map_gap(uint64_t first, uint64_t last);
	void rebuild();

	socket_type &socket_;
	bool dmi_;
	struct mem *mem_;
	std::vector<tlm::tlm_dmi> regions_; /* granted for both directions, by address */
	request rd_{}, wr_{};
};

#endif
