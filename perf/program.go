package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Exit statuses.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitMismatch = 3
)

// program is one call of the command.
type program struct {
	stdout, stderr io.Writer

	plan
	duration   time.Duration
	pcap       string // empty for the capture that is built in
	cpuprofile string // empty for none

	tamper func(*burst) // damages what is to be verified; nil but in tests
}

// run is the command: it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := program{stdout: stdout, stderr: stderr}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	switch err := p.parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		fmt.Fprintf(p.stderr, "perf: %v\n", err)
		return exitUsage
	}
	r, err := p.measure(ctx)
	if err != nil {
		fmt.Fprintf(p.stderr, "perf: %v\n", err)
		return exitFailed
	}
	r.print(p.stdout)
	if r.mismatch != "" {
		fmt.Fprintf(p.stderr, "perf: mismatch: %s\n", r.mismatch)
		return exitMismatch
	}
	return exitDone
}

// measure does all the work, and returns what it came to.
func (p *program) measure(ctx context.Context) (*result, error) {
	c, name, err := p.readCapture()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	l, err := newLoad(c, p.plan)
	if err != nil {
		return nil, err
	}
	defer l.close()
	if err := l.settle(); err != nil {
		return nil, err
	}
	setUp := time.Since(start)

	prof, err := startProfile(p.cpuprofile)
	if err != nil {
		return nil, err
	}
	l.drive(ctx, p.duration, p.tamper, newLive(p.stderr))
	top, err := prof.stop()
	if err != nil {
		return nil, err
	}
	l.audit()
	r := l.result()
	r.name, r.capture, r.top, r.setUp = name, c, top, setUp
	return r, nil
}
