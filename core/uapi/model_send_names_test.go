package uapi_test

// cell is one of the table of what was seen.
type cell struct {
	policy int
	what   string
}

func (m *sendModel) count(kind, why string) {
	if m.counts != nil {
		m.counts[cell{m.policy, kind + ": " + why}]++
	}
}

var queryNames = map[string]string{
	"getsockopt REMOTE ok":               "getsockopt REMOTE",
	"getsockopt reflecting ok":           "getsockopt, reflecting",
	"getsockopt lease ok":                "getsockopt",
	"getsockopt ENOENT no current label": "getsockopt",
	"getsockopt ENOENT label not held":   "getsockopt",
}

// labelName says what label a getsockopt tells.
func labelName(o outcome) string {
	switch {
	case o.errno != ok:
		return "ENOENT"
	case o.optval[16:20] == "\x00\x00\x00\x00":
		return "none"
	case o.optval[16]&0x80 != 0:
		return "automatic"
	}
	return "label"
}

var connectNames = map[string]string{
	"connect FLOWINFO_SEND off ok":  "SEND off",
	"connect label=0 ok":            "no label",
	"connect own label ok":          "own label",
	"connect any label ok":          "any label",
	"connect EINVAL label not held": "EINVAL",
}
