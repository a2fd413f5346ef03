package uapi_test

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

type opKind uint8

const (
	opSet      opKind = iota // setsockopt: sock, by, optval
	opQuery                  // getsockopt: sock, by, optval
	opConnect                // connect: sock, value = label, other = 1 when sending of labels is on
	opOpen                   // socket: sock = a free place, ns, value = protocol
	opClose                  // close: sock
	opSettings               // sysctl: ns, value = consistency | state ranges<<1 | auto<<2 | reflect<<4
	opListing                // the listing of ns
	opAccept                 // accept: sock = a free place, ns, value = the label that the peer connects with
)

var opNames = []string{"opSet", "opQuery", "opConnect", "opOpen", "opClose", "opSettings", "opListing", "opAccept"}

// step is one thing done to a world. Sockets and namespaces are places in its
// tables, so that a step keeps its meaning when others are left out: a step on
// an empty place does nothing.
type step struct {
	op     opKind
	ns     int
	sock   int
	by     int // caller
	value  uint32
	other  int
	optval string
}

// outcome is what a step did, as far as the caller can see.
type outcome struct {
	errno  int
	optval string // after the call
	rows   []row  // of a listing, or the lease of a getsockopt
	why    string // the branch; the model's only
	bad    string // what was wrong with the form of an answer
}

// row is one lease as it is shown.
type row struct {
	label   uint32
	share   byte
	owner   uint32
	users   int
	linger  int
	seconds int // to expiry, cut off
	dst     string
	headers int
	left    time.Duration // the model's only: exactly how long to expiry
}

const listingHeader = "Label S Owner  Users  Linger Expires  Dst                              Opt"

func (r *row) String() string {
	return fmt.Sprintf("%05X %-1d %-6d %-6d %-6d %-8d %s %-4d",
		r.label, r.share, r.owner, r.users, r.linger, r.seconds, r.dst, r.headers)
}

// readListing takes a listing apart, and says if it is not of the form.
func readListing(text string) (rows []row, bad string) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != listingHeader {
		return nil, "header: " + lines[0]
	}
	for _, line := range lines[1:] {
		r := readRow(strings.Fields(line))
		if r.String() != line {
			return nil, "line: " + line
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.label, b.label) })
	return rows, ""
}

// readRow makes a row of the fields of a line, as far as they are of the form.
func readRow(fields []string) (r row) {
	if len(fields) != 8 {
		return r
	}
	label, _ := strconv.ParseUint(fields[0], 16, 20)
	share, _ := strconv.ParseUint(fields[1], 10, 8)
	owner, _ := strconv.ParseUint(fields[2], 10, 32)
	r = row{label: uint32(label), share: byte(share), owner: uint32(owner), dst: fields[6]}
	for i, to := range map[int]*int{3: &r.users, 4: &r.linger, 5: &r.seconds, 7: &r.headers} {
		*to, _ = strconv.Atoi(fields[i])
	}
	return r
}

// slack is by how much the moments of the same step differ between worlds at
// least: the kernel's jiffies, the engine's ticks.
const slack = 30 * time.Millisecond

// differ compares what the model expects with what a world did. Whole seconds
// to expiry are cut off, and the clock runs: with steps that took as long as
// slow, the seconds of any moment that near are right.
func differ(want, got *outcome, slow time.Duration) string {
	switch {
	case got.bad != "":
		return "malformed: " + got.bad
	case want.errno != got.errno:
		return fmt.Sprintf("errno %d, want %d", got.errno, want.errno)
	case want.optval != got.optval:
		return fmt.Sprintf("buffer %x, want %x", got.optval, want.optval)
	case len(want.rows) != len(got.rows):
		return fmt.Sprintf("%d leases, want %d:\n%v\nwant\n%v", len(got.rows), len(want.rows), got.rows, want.rows)
	}
	for i, w := range want.rows {
		g := got.rows[i]
		least, most := (w.left-slow-slack)/time.Second, (w.left+slow+slack)/time.Second
		if int(least) <= g.seconds && g.seconds <= int(most) {
			w.seconds = g.seconds
		}
		left := w.left
		if w.left = 0; w != g {
			return fmt.Sprintf("lease %v, want %v, %v left", &g, &w, left)
		}
	}
	return ""
}

// answer makes an outcome of a getsockopt that wrote buf. The time to expiry
// leaves the bytes for a row, where it can be compared.
func answer(buf []byte) outcome {
	b := slices.Clone(buf)
	seconds := binary.NativeEndian.Uint16(b[24:])
	clear(b[24:26])
	return outcome{optval: string(b), rows: []row{{seconds: int(seconds)}}}
}

// GoString prints a step as Go code.
func (s step) GoString() string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "{op: %s", opNames[s.op])
	field := func(name string, v any) {
		if v != 0 && v != uint32(0) {
			fmt.Fprintf(b, ", %s: %d", name, v)
		}
	}
	field("ns", s.ns)
	field("sock", s.sock)
	field("by", s.by)
	field("value", s.value)
	field("other", s.other)
	if s.optval != "" {
		fmt.Fprintf(b, ", optval: unhex(%q)", hex.EncodeToString([]byte(s.optval)))
	}
	b.WriteString("},")
	if len(s.optval) >= 32 {
		b.WriteString(" // " + describe(s.optval))
	}
	return b.String()
}

func describe(optval string) string {
	r := parseRequest([]byte(optval))
	return fmt.Sprintf("%s label=%#x share=%d flags=%#x expires=%v linger=%v options=%d",
		[...]string{"GET", "PUT", "RENEW", "?"}[min(r.action, 3)], r.label, r.share, r.flags, r.expires, r.linger, len(optval)-32)
}

func unhex(s string) string {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}
