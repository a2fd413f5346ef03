module github.com/flowlabel/flowlabel/bench

go 1.25.0

require (
	github.com/flowlabel/flowlabel v0.0.0
	github.com/puzpuzpuz/xsync/v3 v3.5.1
)

require golang.org/x/sys v0.47.0 // indirect

replace github.com/flowlabel/flowlabel => ../
