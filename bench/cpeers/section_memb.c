//go:build cpeers

#include <stdint.h>

#define _LGPL_SOURCE
#include <urcu/urcu-memb.h>

#include "peers.h"

uint64_t memb_sections(uint64_t n, const uint64_t *link)
{
	uint64_t sum = 0;

	urcu_memb_register_thread();
	while (n--) {
		urcu_memb_read_lock();
		sum += CMM_LOAD_SHARED(*link);
		urcu_memb_read_unlock();
	}
	urcu_memb_unregister_thread();
	return sum;
}
