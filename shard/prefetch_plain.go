//go:build !(amd64 || arm64) || purego

package shard

import "unsafe"

// prefetch does nothing.
func prefetch(unsafe.Pointer, int, uintptr) {}
