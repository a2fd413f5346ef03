//go:build cpeers

// The lock-free hash table of liburcu, read under QSBR, whose read-side sections
// cost nothing: a reader says between bursts that it holds no pointers. Nodes stand
// in the lease's own line, or in the flow's; the table has as many buckets
// as nodes or more from the start and never resizes.

#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

#define _LGPL_SOURCE
#include <urcu/urcu-qsbr.h>
#include <urcu/rculfhash.h>

#include "peers.h"

// How many lookups a reader does between two quiescent states.
enum { QUIESCE = 32 };

struct label_node {
	struct cds_lfht_node node;
	uint32_t label;
	uint8_t share;
} __attribute__((aligned(64)));

struct flow_node {
	struct cds_lfht_node node;
	struct flow flow;
	uint32_t socket;
} __attribute__((aligned(64)));

static unsigned long hash_label(uint32_t label)
{
	uint64_t h = label * 0x9e3779b97f4a7c15ull;

	return h ^ h >> 32;
}

static unsigned long hash_flow(const struct flow *f)
{
	uint64_t words[5], h = 0;

	memcpy(words, f, sizeof words);
	for (int i = 0; i < 5; i++)
		h = _mm_crc32_u64(h, words[i]);
	return h;
}

static int match_label(struct cds_lfht_node *node, const void *key)
{
	return caa_container_of(node, struct label_node, node)->label == *(const uint32_t *)key;
}

static int match_flow(struct cds_lfht_node *node, const void *key)
{
	return !memcmp(&caa_container_of(node, struct flow_node, node)->flow, key, sizeof(struct flow));
}

static struct cds_lfht *new_table(uint32_t n)
{
	unsigned long buckets = 1;

	while (buckets < n)
		buckets *= 2;
	return cds_lfht_new_flavor(buckets, buckets, buckets, 0, &urcu_qsbr_flavor, NULL);
}

void *lfht_labels(const uint32_t *labels, const uint8_t *shares, uint32_t n)
{
	struct cds_lfht *table = new_table(n);
	struct label_node *nodes = aligned_alloc(64, n * sizeof *nodes);

	if (!table || !nodes)
		return NULL;
	urcu_qsbr_register_thread();
	for (uint32_t i = 0; i < n; i++) {
		nodes[i].label = labels[i];
		nodes[i].share = shares[i];
		cds_lfht_add(table, hash_label(labels[i]), &nodes[i].node);
	}
	urcu_qsbr_unregister_thread();
	return table;
}

void *lfht_flows(const struct flow *flows, uint32_t n)
{
	struct cds_lfht *table = new_table(n);
	struct flow_node *nodes = aligned_alloc(64, n * sizeof *nodes);

	if (!table || !nodes)
		return NULL;
	urcu_qsbr_register_thread();
	for (uint32_t i = 0; i < n; i++) {
		nodes[i].flow = flows[i];
		nodes[i].socket = i + 1;
		cds_lfht_add(table, hash_flow(&flows[i]), &nodes[i].node);
	}
	urcu_qsbr_unregister_thread();
	return table;
}

uint64_t lfht_find_labels(void *table, const uint32_t *keys, uint64_t n)
{
	struct cds_lfht_iter at;
	struct cds_lfht_node *node;
	uint64_t sum = 0;

	urcu_qsbr_register_thread();
	for (uint64_t i = 0; i < n; i++) {
		cds_lfht_lookup(table, hash_label(keys[i]), match_label, &keys[i], &at);
		if ((node = cds_lfht_iter_get_node(&at)))
			sum += caa_container_of(node, struct label_node, node)->share;
		if (i % QUIESCE == 0)
			urcu_qsbr_quiescent_state();
	}
	urcu_qsbr_unregister_thread();
	return sum;
}

uint64_t lfht_find_flows(void *table, const struct flow *keys, uint64_t n)
{
	struct cds_lfht_iter at;
	struct cds_lfht_node *node;
	uint64_t sum = 0;

	urcu_qsbr_register_thread();
	for (uint64_t i = 0; i < n; i++) {
		cds_lfht_lookup(table, hash_flow(&keys[i]), match_flow, &keys[i], &at);
		if ((node = cds_lfht_iter_get_node(&at)))
			sum += caa_container_of(node, struct flow_node, node)->socket;
		if (i % QUIESCE == 0)
			urcu_qsbr_quiescent_state();
	}
	urcu_qsbr_unregister_thread();
	return sum;
}

uint64_t qsbr_sections(uint64_t n, const uint64_t *link)
{
	uint64_t sum = 0;

	urcu_qsbr_register_thread();
	while (n--) {
		urcu_qsbr_read_lock();
		sum += CMM_LOAD_SHARED(*link);
		urcu_qsbr_read_unlock();
		urcu_qsbr_quiescent_state();
	}
	urcu_qsbr_unregister_thread();
	return sum;
}
