//go:build !cpeers

// Package cpeers has the rivals in C. Without the build tag cpeers it is empty;
// with it, it wants liburcu-dev, libdpdk-dev and a C compiler.
package cpeers
