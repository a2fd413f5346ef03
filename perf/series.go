package main

import "slices"

// maxSeries is the most figures of a series that are kept, the last ones.
const maxSeries = 1 << 16

// series is measurements of the same thing.
type series struct {
	figures []float64
	added   int
}

func (s *series) add(x float64) {
	if len(s.figures) < maxSeries {
		s.figures = append(s.figures, x)
	} else {
		s.figures[s.added%maxSeries] = x
	}
	s.added++
}

// join adds the figures of another series.
func (s *series) join(o *series) { s.figures = append(s.figures, o.figures...) }

// median returns the figure in the middle, 0 if there is none.
func (s *series) median() float64 {
	if len(s.figures) == 0 {
		return 0
	}
	slices.Sort(s.figures)
	return s.figures[len(s.figures)/2]
}

func (s *series) mean() (m float64) {
	for _, x := range s.figures {
		m += x / float64(len(s.figures))
	}
	return m
}
