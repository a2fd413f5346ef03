// What the Go side of this package calls. Each lookup function goes through n
// keys and returns the sum of what it found; tables are filled once and only
// read afterwards.

#ifndef FLOWLABEL_PEERS_H
#define FLOWLABEL_PEERS_H

#include <stdint.h>

// A flow as Go lays it out: 40 bytes that count, none that does not.
struct flow {
	uint8_t bytes[40];
};

// Sections: n times enter, load *link, leave. The calling thread is registered
// meanwhile.
uint64_t memb_sections(uint64_t n, const uint64_t *link);
uint64_t qsbr_sections(uint64_t n, const uint64_t *link);

// cds_lfht: NULL when there is no memory. A label leads to the share mode of
// its lease, a flow to the number of its socket, from 1 on.
void *lfht_labels(const uint32_t *labels, const uint8_t *shares, uint32_t n);
void *lfht_flows(const struct flow *flows, uint32_t n);
uint64_t lfht_find_labels(void *table, const uint32_t *keys, uint64_t n);
uint64_t lfht_find_flows(void *table, const struct flow *keys, uint64_t n);

// rte_hash: NULL when the environment could not be started, or a key not be added.
void *dpdk_labels(const uint32_t *labels, const uint8_t *shares, uint32_t n);
void *dpdk_flows(const struct flow *flows, uint32_t n);
uint64_t dpdk_find_labels(void *table, const uint32_t *keys, uint64_t n);
uint64_t dpdk_find_flows(void *table, const struct flow *keys, uint64_t n);
uint64_t dpdk_burst_labels(void *table, const uint32_t *keys, uint64_t n);
uint64_t dpdk_burst_flows(void *table, const struct flow *keys, uint64_t n);

#endif
