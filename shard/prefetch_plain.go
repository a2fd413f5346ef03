//go:build !(amd64 || arm64) || purego

package shard

import "sync/atomic"

// The twin of prefetch_asm.go. Nothing is asked for, and the answers are the same.

// PrefetchBytes does nothing here.
func PrefetchBytes([][]byte) {}

// fetchCell does nothing here.
func fetchCell(*cell, *atomic.Uint32) {}
