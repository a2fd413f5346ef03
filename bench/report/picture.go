package main

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// picture is the file's name, in the folder bench.
const picture = "comparison.svg"

// pictured are the works in the picture, with one goroutine each, and what they
// are called there.
var pictured = []struct{ work, name string }{
	{"ReadSection", "ReadSection"},
	{"SocketLookup/labels=8/hit=100", "SocketLookup"},
	{"LabelLookup/" + labels, "LabelLookup"},
	{"LabelBurst/" + labels, "LabelBurst"},
	{"FlowLookup/" + flows, "FlowLookup"},
	{"FlowBurst/" + flows, "FlowBurst"},
	{"Packet/" + flows, "Packet"},
	{"GetPut", "GetPut"},
}

// bar is one line of the picture: an implementation of a work.
type bar struct {
	name string
	impl string
	ns   float64
}

// bars returns the bars from the top down, a gap (without a name) after each work.
func (r *run) bars() (bars []bar) {
	for _, p := range pictured {
		some := len(bars)
		for _, at := range r.order {
			if ns, ok := r.median(at, nsPerOp); ok && at.work == p.work && at.procs == 1 {
				bars = append(bars, bar{at.impl, at.impl, ns})
			}
		}
		if len(bars) == some {
			continue
		}
		bars[some].name = p.name + "   " + bars[some].name
		bars = append(bars, bar{})
	}
	return bars
}

// Colours of the engine and of its rivals.
var (
	ours   = color.RGBA{R: 0x1f, G: 0x6f, B: 0xb4, A: 0xff}
	theirs = color.RGBA{R: 0xb8, G: 0xb8, B: 0xb8, A: 0xff}
)

// draw writes the picture: a bar for each implementation, on a logarithmic scale,
// with its number at the end.
func (r *run) draw(file string) error {
	bars := r.bars()
	slices.Reverse(bars) // the first at the top
	p := plot.New()
	p.Title.Text = "ns an operation, one goroutine; shorter is better"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	ticks, texts := plot.ConstantTicks{}, plotter.XYLabels{}
	most := leastTime
	for i, b := range bars {
		y := float64(i)
		ticks = append(ticks, plot.Tick{Value: y, Label: b.name})
		if b.impl == "" {
			continue
		}
		line, err := plotter.NewLine(plotter.XYs{{X: leastTime, Y: y}, {X: max(b.ns, leastTime*1.1), Y: y}})
		if err != nil {
			return err
		}
		line.Width, line.Color = vg.Points(9), theirs
		if b.impl == engine {
			line.Color = ours
		}
		p.Add(line)
		texts.XYs = append(texts.XYs, plotter.XY{X: max(b.ns, leastTime*1.1), Y: y})
		texts.Labels = append(texts.Labels, " "+number(b.ns))
		most = max(most, b.ns)
	}
	numbers, err := plotter.NewLabels(texts)
	if err != nil {
		return err
	}
	for i := range numbers.TextStyle {
		numbers.TextStyle[i].YAlign = -0.4
	}
	p.Add(numbers)
	p.Y.Tick.Marker = ticks
	p.X.Min, p.X.Max = leastTime, most*4
	p.Y.Min, p.Y.Max = -1, float64(len(bars))
	return p.Save(20*vg.Centimeter, vg.Length(len(bars)+6)*13, file)
}

// leastTime is where the bars begin, in ns.
const leastTime = 0.3
