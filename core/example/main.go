// Command example is a small user-space load balancer: every backend connection
// has an exclusive flow label, and the workers of a tenant share one more. It
// turns the engine's time by hand, so its output is always the same.
//
//	go run ./core/example
package main

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

const workers, bursts, burst = 4, 100, 32
const linger, longest = 60 * time.Millisecond, time.Minute

// now is the engine's time. Only drain moves it, while nobody else runs.
var now time.Duration

var vip = netip.MustParseAddr("2001:db8::1")

type conn struct {
	sock  core.Socket
	label core.Label // 0: none
}

type tenant struct {
	*core.Namespace
	eng     *core.Engine
	conns   []conn // one per backend
	workers []conn // one per worker, all with the same label
}

func newTenant(eng *core.Engine, name string, id uint64, backends int) (*tenant, error) {
	ns, err := eng.Namespace(name, core.NamespaceOptions{})
	if err != nil {
		return nil, fmt.Errorf("tenant %s: %w", name, err)
	}
	t := &tenant{Namespace: ns, eng: eng}
	owner := core.Credentials{Process: id}
	var shared core.Label
	for range workers { // the first has a label chosen, the others join it
		s, err := ns.Socket(core.SocketOptions{Protocol: core.UDP, Owner: owner})
		if err != nil {
			return nil, err
		}
		shared, err = s.Get(core.Request{Label: shared, Dst: vip, Share: core.Process, Create: shared == 0, Linger: linger})
		if err != nil {
			return nil, fmt.Errorf("shared label of %s: %w", name, err)
		}
		t.workers = append(t.workers, conn{s, shared})
	}
	for i := 1; i <= backends; i++ {
		s, err := ns.Socket(core.SocketOptions{Protocol: core.TCP, Owner: owner})
		if err != nil {
			return nil, err
		}
		dst := netip.MustParseAddr(fmt.Sprintf("2001:db8::b:%d", i))
		label, err := s.Get(core.Request{Dst: dst, Share: core.Exclusive, Create: true, Linger: linger})
		switch {
		case errors.Is(err, core.ErrQuota), errors.Is(err, core.ErrNoLabels), errors.Is(err, core.ErrTableFull):
			fmt.Printf("%s: backend %d goes unlabelled, over quota: %t\n", name, i, errors.Is(err, core.ErrQuota))
			label = 0
		case err != nil:
			return nil, fmt.Errorf("backend %d of %s: %w", i, name, err)
		}
		t.conns = append(t.conns, conn{s, label})
	}
	return t, nil
}

type tally [core.Stale + 1]int

// send has all workers send their bursts. Once a burst a worker sends another
// socket's label, a bug that is to be found.
func (t *tenant) send() (sum tally) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for w, own := range t.workers {
		wg.Go(func() {
			var n tally
			r := t.eng.Reader(fmt.Sprintf("%s/%d", t.Name(), w))
			defer r.Close()
			for i := range bursts {
				c := t.conns[(w+i)%len(t.conns)]
				r.Enter()
				for range burst {
					n[r.Check(c.sock, c.label)]++
					n[r.Check(own.sock, own.label)]++
				}
				n[r.Check(own.sock, t.conns[0].label)]++
				r.Exit()
			}
			mu.Lock()
			defer mu.Unlock()
			for v := range n {
				sum[v] += n[v]
			}
		})
	}
	wg.Wait()
	return sum
}

// keep has the shared label stay blocked for d, or for as long as may be.
func (t *tenant) keep(d time.Duration) error {
	w := t.workers[0]
	err := w.sock.Renew(core.Request{Label: w.label, Expires: d})
	if errors.Is(err, core.ErrExpires) && d > longest {
		fmt.Printf("%s: %v is too long, %v must do\n", t.Name(), d, longest)
		return t.keep(longest)
	}
	return err
}

// list prints the leases; sorted, since labels are random, and their order too.
func (t *tenant) list(title string) {
	var lines []string
	for l := range t.Leases() {
		lines = append(lines, fmt.Sprintf("  %v %v: owner %d, users %d, linger %v, kept %t",
			l.Dst, l.Share, l.Owner, l.Users, l.Linger, l.Expires > time.Second))
	}
	slices.Sort(lines)
	fmt.Printf("%s, %s:\n", t.Name(), title)
	fmt.Println(strings.Join(lines, "\n"))
}

// drain gives everything up and lets time pass until only n leases linger.
func (t *tenant) drain(n int) error {
	for _, c := range slices.Concat(t.conns, t.workers) {
		if err := c.sock.Put(c.label); err != nil && !errors.Is(err, core.ErrNotHeld) {
			return err
		}
		c.sock.Close()
	}
	t.list("draining")
	for len(slices.Collect(t.Leases())) > n {
		now += linger / 4
		t.eng.Advance(0)
	}
	t.list("drained")
	return nil
}

func run() error {
	eng, err := core.New(core.Options{
		Rules: core.Rules{Quota: core.Quota{Namespace: 4}, MaxLinger: longest},
		Tick:  5 * time.Millisecond, Logger: slog.Default(),
		Clock: func() time.Duration { return now }, ManualAdvance: true,
	})
	if err != nil {
		return err
	}
	defer eng.Close()
	red, err1 := newTenant(eng, "red", 1, 3)
	blue, err2 := newTenant(eng, "blue", 2, 5)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for _, t := range []*tenant{red, blue} {
		n := t.send()
		fmt.Printf("%s: allowed %d, refused %d, stale %d\n", t.Name(), n[core.Allowed], n[core.Refused], n[core.Stale])
		t.list("in use")
	}
	if err := red.keep(time.Hour); err != nil {
		return err
	}
	guest, err := red.Socket(core.SocketOptions{Owner: core.Credentials{Process: 99}})
	if err != nil {
		return err
	}
	_, err = guest.Get(core.Request{Label: red.workers[0].label, Dst: vip, Share: core.Process, Create: true})
	fmt.Println("a guest is kept out:", errors.Is(err, core.ErrNotShared))
	if err := red.drain(1); err != nil {
		return err
	}
	fmt.Println("no renewal after that:", errors.Is(red.keep(time.Second), core.ErrClosed))
	fmt.Println("purged:", red.Purge())

	s := eng.Stats()
	fmt.Printf("created %d, joined %d, renewed %d, put %d, expired %d, purged %d, left %d\n",
		s.Created, s.Joined, s.Renewed, s.Put, s.Expired, s.Purged, s.Leases)
	fmt.Printf("over quota %d, not shared %d, too long %d, closed %d\n", s.Refused[core.ErrQuota],
		s.Refused[core.ErrNotShared], s.Refused[core.ErrExpires], s.Refused[core.ErrClosed]+s.Refused[core.ErrStale])
	eng.Close()
	n := blue.send() // workers that have not heard yet
	fmt.Printf("closed: allowed %d, refused %d, stale %d\n", n[core.Allowed], n[core.Refused], n[core.Stale])
	return nil
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
