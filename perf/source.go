package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"

	"github.com/flowlabel/flowlabel/perf/capture"
)

// builtIn is the capture that is used when no other is named. The README beside
// it says where it comes from.
//
//go:embed testdata/traffic.pcap
var builtIn []byte

// readCapture returns the capture to be used, and its name.
func (p *program) readCapture() (*capture.Capture, string, error) {
	if p.pcap == "" {
		c, err := capture.Read(bytes.NewReader(builtIn))
		return c, "built in", err
	}
	f, err := os.Open(p.pcap)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	c, err := capture.Read(f)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", p.pcap, err)
	}
	return c, p.pcap, nil
}
