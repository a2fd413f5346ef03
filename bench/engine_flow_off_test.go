//go:build !flows

package bench

import "testing"

func flowEngine(*testing.B, string, int)      {}
func flowEngineBurst(*testing.B, string, int) {}
func packetEngine(*testing.B, string, int)    {}

func memoryOfFlows(*testing.B) {}
