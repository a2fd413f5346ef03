package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"time"
)

const (
	maxFlows   = 1 << 24 // about 0.5 KiB each, beside the packet
	maxWorkers = 1024
	maxChurn   = 10_000_000
	maxLeases  = 1 << 24

	// defaultLeases: for so many flows there is one lease, if nothing else is said.
	defaultLeases = 10
)

// parse reads the flags, and says what is wrong with them.
func (p *program) parse(args []string) error {
	f := flag.NewFlagSet("perf", flag.ContinueOnError)
	// What is wrong is for the caller to write, without the usage.
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	p.define(f)
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		f.SetOutput(p.stderr)
		fmt.Fprintln(p.stderr, "Usage of perf:")
		f.PrintDefaults()
		return err
	} else if err != nil {
		return err
	}
	if f.NArg() != 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return p.complete()
}

func (p *program) define(f *flag.FlagSet) {
	f.DurationVar(&p.duration, "duration", 10*time.Second, "how long to send packets")
	f.StringVar(&p.pcap, "pcap", "", "take the flows from `FILE`, pcap or pcapng, rather than those built in")
	f.StringVar(&p.cpuprofile, "cpuprofile", "", "write a CPU profile to `FILE`, and name its top functions")
	f.IntVar(&p.burst, "burst", 32, "packets in one section, from 1 to 256")
	f.IntVar(&p.flows, "flows", 1_000_000, "flows to bind")
	f.IntVar(&p.leases, "leases", 0, "leases to hold, at most one a flow; 0 for one in ten flows")
	f.IntVar(&p.churn, "churn", 50_000, "changes of leases and flows a second, 0 for none")
	f.IntVar(&p.workers, "workers", runtime.GOMAXPROCS(0), "goroutines that send packets")
	f.Uint64Var(&p.seed, "seed", 0, "what the random choices begin with; 0 for a random seed")
}

// complete checks the figures, and puts in those that were left open.
func (p *program) complete() error {
	if p.duration <= 0 {
		return fmt.Errorf("-duration %v is not above zero", p.duration)
	}
	for _, x := range []struct {
		name            string
		value, min, max int
	}{
		{"burst", p.burst, 1, maxBurst},
		{"flows", p.flows, 1, maxFlows},
		{"leases", p.leases, 0, maxLeases},
		{"churn", p.churn, 0, maxChurn},
		{"workers", p.workers, 1, maxWorkers},
	} {
		if x.value < x.min || x.value > x.max {
			return fmt.Errorf("-%s %d is not between %d and %d", x.name, x.value, x.min, x.max)
		}
	}
	if p.leases > p.flows {
		return fmt.Errorf("-leases %d is more than there are flows, %d", p.leases, p.flows)
	}
	if p.leases == 0 {
		p.leases = (p.flows + defaultLeases - 1) / defaultLeases
	}
	for p.seed == 0 {
		p.seed = rand.Uint64()
	}
	return nil
}
