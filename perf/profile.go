package main

import (
	"fmt"
	"os"
	"path"
	"runtime/pprof"
	"sort"

	"github.com/google/pprof/profile"
)

// topLen is the number of functions that the table names.
const topLen = 10

// cpuProfile is a profile being written; nil is none.
type cpuProfile struct{ file *os.File }

// hot is a function and its share of the time, from 0 to 1, without what it
// calls.
type hot struct {
	name  string
	share float64
}

// startProfile starts a profile into a file; with an empty name it does nothing.
func startProfile(name string) (*cpuProfile, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return nil, err
	}
	return &cpuProfile{f}, nil
}

// stop ends the profile, and returns the functions that took the most time.
func (p *cpuProfile) stop() ([]hot, error) {
	if p == nil {
		return nil, nil
	}
	pprof.StopCPUProfile()
	defer p.file.Close()
	if _, err := p.file.Seek(0, 0); err != nil {
		return nil, err
	}
	read, err := profile.Parse(p.file)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return topOf(read), nil
}

// topOf returns the functions that took the most time.
func topOf(p *profile.Profile) []hot {
	total := 0.0
	spent := make(map[string]float64)
	for _, s := range p.Sample {
		time := float64(s.Value[len(s.Value)-1]) // the first value is a count
		total += time
		spent[leaf(s)] += time
	}
	var top []hot
	for name, time := range spent {
		top = append(top, hot{name, time / total})
	}
	sort.Slice(top, func(i, j int) bool {
		if top[i].share != top[j].share {
			return top[i].share > top[j].share
		}
		return top[i].name < top[j].name
	})
	return top[:min(len(top), topLen)]
}

// leaf returns the function that a sample was taken in: of those inlined into
// each other, the innermost.
func leaf(s *profile.Sample) string {
	if len(s.Location) == 0 || len(s.Location[0].Line) == 0 || s.Location[0].Line[0].Function == nil {
		return "unknown"
	}
	return path.Base(s.Location[0].Line[0].Function.Name)
}
