//go:build cpeers

// Package cpeers has the rivals in C: the sections and the hash table of
// liburcu, and the hash table of DPDK, from Debian's liburcu-dev and libdpdk-dev.
// The loops are in C too, one call for a whole stretch of keys, so that nothing
// of a call from Go is measured.
package cpeers

/*
#cgo CFLAGS: -O3 -march=native -Wall -I/usr/include/dpdk
#cgo amd64 CFLAGS: -I/usr/include/x86_64-linux-gnu/dpdk
#cgo arm64 CFLAGS: -I/usr/include/aarch64-linux-gnu/dpdk
#cgo LDFLAGS: -lurcu-memb -lurcu-qsbr -lurcu-cds -lrte_hash -lrte_eal
#include "peers.h"
*/
import "C"

import (
	"errors"
	"unsafe"

	"github.com/flowlabel/flowlabel/bench/order"
)

// ErrTable is what a table that could not be made gives.
var ErrTable = errors.New("cpeers: no memory for a table, or DPDK did not start")

// MembSections enters a section of liburcu's memb flavour n times and sums up
// what it loads in there.
func MembSections(n int, link *uint64) uint64 {
	return uint64(C.memb_sections(C.uint64_t(n), (*C.uint64_t)(link)))
}

// QSBRSections does the same with the QSBR flavour, with a quiescent state after
// each section.
func QSBRSections(n int, link *uint64) uint64 {
	return uint64(C.qsbr_sections(C.uint64_t(n), (*C.uint64_t)(link)))
}

// Table is a table in C, filled once. It is never given back.
type Table struct{ at unsafe.Pointer }

func made(at unsafe.Pointer) (Table, error) {
	if at == nil {
		return Table{}, ErrTable
	}
	return Table{at}, nil
}

// These pass memory of Go without pointers in it, for the length of a call.
func label(labels []uint32) *C.uint32_t { return (*C.uint32_t)(unsafe.SliceData(labels)) }
func share(shares []uint8) *C.uint8_t   { return (*C.uint8_t)(unsafe.SliceData(shares)) }
func flow(flows []order.Flow) *C.struct_flow {
	return (*C.struct_flow)(unsafe.Pointer(unsafe.SliceData(flows)))
}

// LFHTLabels returns a cds_lfht of labels that leads to the share modes of their
// leases, of which there are as many.
func LFHTLabels(labels []uint32, shares []uint8) (Table, error) {
	return made(C.lfht_labels(label(labels), share(shares), C.uint32_t(len(labels))))
}

// LFHTFlows returns a cds_lfht of flows that leads to their numbers, from 1 on.
func LFHTFlows(flows []order.Flow) (Table, error) {
	return made(C.lfht_flows(flow(flows), C.uint32_t(len(flows))))
}

// DPDKLabels returns an rte_hash like LFHTLabels. There can be one in a process.
func DPDKLabels(labels []uint32, shares []uint8) (Table, error) {
	return made(C.dpdk_labels(label(labels), share(shares), C.uint32_t(len(labels))))
}

// DPDKFlows returns an rte_hash like LFHTFlows. There can be one in a process.
func DPDKFlows(flows []order.Flow) (Table, error) {
	return made(C.dpdk_flows(flow(flows), C.uint32_t(len(flows))))
}

// FindLFHTLabels looks the keys up and sums up what it finds, as do the others.
func (t Table) FindLFHTLabels(keys []uint32) uint64 {
	return uint64(C.lfht_find_labels(t.at, label(keys), C.uint64_t(len(keys))))
}

// FindLFHTFlows is for a table of LFHTFlows.
func (t Table) FindLFHTFlows(keys []order.Flow) uint64 {
	return uint64(C.lfht_find_flows(t.at, flow(keys), C.uint64_t(len(keys))))
}

// FindDPDKLabels is for a table of DPDKLabels.
func (t Table) FindDPDKLabels(keys []uint32) uint64 {
	return uint64(C.dpdk_find_labels(t.at, label(keys), C.uint64_t(len(keys))))
}

// FindDPDKFlows is for a table of DPDKFlows.
func (t Table) FindDPDKFlows(keys []order.Flow) uint64 {
	return uint64(C.dpdk_find_flows(t.at, flow(keys), C.uint64_t(len(keys))))
}

// BurstDPDKLabels is FindDPDKLabels, 32 keys at a time.
func (t Table) BurstDPDKLabels(keys []uint32) uint64 {
	return uint64(C.dpdk_burst_labels(t.at, label(keys), C.uint64_t(len(keys))))
}

// BurstDPDKFlows is FindDPDKFlows, 32 keys at a time.
func (t Table) BurstDPDKFlows(keys []order.Flow) uint64 {
	return uint64(C.dpdk_burst_flows(t.at, flow(keys), C.uint64_t(len(keys))))
}
