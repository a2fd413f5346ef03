//go:build !linux

package uapi_test

import "testing"

func TestKernelDifferential(t *testing.T) {
	t.Skip("needs a Linux kernel to compare with")
}

func TestKernelSends(t *testing.T) {
	t.Skip("needs a Linux kernel to compare with")
}
