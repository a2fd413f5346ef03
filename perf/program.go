package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
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

	duration   time.Duration
	pcap       string // empty for the capture that is built in
	cpuprofile string // empty for none

	sockets int          // the least number that the capture is multiplied to
	tamper  func(*burst) // damages what is to be verified; nil but in tests
}

// run is the command: it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := program{stdout: stdout, stderr: stderr, sockets: 1 << 17}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	switch err := p.parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
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

// parse reads the flags. It has said on stderr what is wrong with them.
func (p *program) parse(args []string) error {
	f := flag.NewFlagSet("perf", flag.ContinueOnError)
	f.SetOutput(p.stderr)
	f.DurationVar(&p.duration, "duration", 10*time.Second, "how long to send packets")
	f.StringVar(&p.pcap, "pcap", "", "take the flows from `FILE`, pcap or pcapng, rather than those built in")
	f.StringVar(&p.cpuprofile, "cpuprofile", "", "write a CPU profile to `FILE`, and name its top functions")
	if err := f.Parse(args); err != nil {
		return err
	}
	var err error
	switch {
	case f.NArg() != 0:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	case p.duration <= 0:
		err = fmt.Errorf("-duration %v is not above zero", p.duration)
	default:
		return nil
	}
	fmt.Fprintf(p.stderr, "perf: %v\n", err)
	f.Usage()
	return err
}

// measure does all the work, and returns what it came to.
func (p *program) measure(ctx context.Context) (*result, error) {
	c, name, err := p.readCapture()
	if err != nil {
		return nil, err
	}
	l, err := newLoad(c, p.sockets, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	defer l.close()
	l.settle()

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
	r.name, r.capture, r.top = name, c, top
	return r, nil
}
