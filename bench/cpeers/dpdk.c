//go:build cpeers

// The hash table of DPDK with its CRC hash, read without a lock while a writer
// may be at work (RW_CONCURRENCY_LF). The environment layer runs without huge
// pages and devices, as any program could have it.

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_config.h>
#include <rte_eal.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_log.h>

#include "peers.h"

enum { BURST = 32 };

static int started;

// The layer binds the thread that starts it to one processor for good, so it
// gets a thread of its own.
static void *start_here(void *unused)
{
	char *args[] = { "bench", "--no-huge", "--no-pci", "--no-telemetry", "--no-shconf", "-m", "512", "-l", "0", NULL };

	(void)unused;
	rte_log_set_global_level(RTE_LOG_ERR);
	started = rte_eal_init(sizeof args / sizeof *args - 1, args) >= 0;
	return NULL;
}

static void start(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, start_here, NULL))
		pthread_join(thread, NULL);
}

// Twice as many entries as keys: at more the cuckoo hash may find no place.
static struct rte_hash *new_table(const char *name, uint32_t n, uint32_t key_len)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct rte_hash_parameters p = {
		.name = name,
		.entries = 2 * n,
		.key_len = key_len,
		.hash_func = rte_hash_crc,
		.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF,
	};

	pthread_once(&once, start);
	return started ? rte_hash_create(&p) : NULL;
}

void *dpdk_labels(const uint32_t *labels, const uint8_t *shares, uint32_t n)
{
	struct rte_hash *table = new_table("labels", n, sizeof *labels);

	if (!table)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		if (rte_hash_add_key_data(table, &labels[i], (void *)((uintptr_t)(i + 1) << 8 | shares[i])))
			return NULL;
	return table;
}

void *dpdk_flows(const struct flow *flows, uint32_t n)
{
	struct rte_hash *table = new_table("flows", n, sizeof *flows);

	if (!table)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		if (rte_hash_add_key_data(table, &flows[i], (void *)(uintptr_t)(i + 1)))
			return NULL;
	return table;
}

uint64_t dpdk_find_labels(void *table, const uint32_t *keys, uint64_t n)
{
	uint64_t sum = 0;
	void *entry;

	for (uint64_t i = 0; i < n; i++)
		if (rte_hash_lookup_data(table, &keys[i], &entry) >= 0)
			sum += (uint8_t)(uintptr_t)entry;
	return sum;
}

uint64_t dpdk_find_flows(void *table, const struct flow *keys, uint64_t n)
{
	uint64_t sum = 0;
	void *socket;

	for (uint64_t i = 0; i < n; i++)
		if (rte_hash_lookup_data(table, &keys[i], &socket) >= 0)
			sum += (uintptr_t)socket;
	return sum;
}

uint64_t dpdk_burst_labels(void *table, const uint32_t *keys, uint64_t n)
{
	const void *at[BURST];
	void *entries[BURST];
	uint64_t sum = 0, found;

	for (; n; n -= BURST < n ? BURST : n, keys += BURST) {
		uint32_t size = BURST < n ? BURST : n;

		for (uint32_t i = 0; i < size; i++)
			at[i] = &keys[i];
		rte_hash_lookup_bulk_data(table, at, size, &found, entries);
		for (; found; found &= found - 1)
			sum += (uint8_t)(uintptr_t)entries[__builtin_ctzll(found)];
	}
	return sum;
}

uint64_t dpdk_burst_flows(void *table, const struct flow *keys, uint64_t n)
{
	const void *at[BURST];
	void *sockets[BURST];
	uint64_t sum = 0, found;

	for (; n; n -= BURST < n ? BURST : n, keys += BURST) {
		uint32_t size = BURST < n ? BURST : n;

		for (uint32_t i = 0; i < size; i++)
			at[i] = &keys[i];
		rte_hash_lookup_bulk_data(table, at, size, &found, sockets);
		for (; found; found &= found - 1)
			sum += (uintptr_t)sockets[__builtin_ctzll(found)];
	}
	return sum;
}
