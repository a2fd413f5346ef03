package core_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// functions returns the functions of the package, by name with receiver.
func functions(t *testing.T) map[string]*ast.FuncDecl {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]*ast.FuncDecl)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if d, ok := d.(*ast.FuncDecl); ok {
				all[receiver(d)+d.Name.Name] = d
			}
		}
	}
	return all
}

// receiver returns the type that a method belongs to, with a dot.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	if p, ok := of.(*ast.StarExpr); ok {
		of = p.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name + "."
	}
	return "?."
}

// methodsCalled counts the calls of methods in a function by their names, the deferred
// ones apart.
func methodsCalled(d *ast.FuncDecl) (at, deferred map[string]int) {
	at, deferred = make(map[string]int), make(map[string]int)
	name := func(c *ast.CallExpr) string {
		if s, ok := c.Fun.(*ast.SelectorExpr); ok {
			return s.Sel.Name
		}
		return ""
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt:
			deferred[name(n.Call)]++
		case *ast.CallExpr:
			at[name(n)]++
		}
		return true
	})
	for what, n := range deferred {
		at[what] -= n
	}
	return at, deferred
}

// TestLeaveDeferred reads the source: a call that looks at slots has to keep the
// engine reachable to its end, or the slots may be unmapped under the last call
// that a program makes. What keeps it is the deferred leave, so whoever enters
// defers one, and nobody begins or ends a section in another way. Where a look
// at a slot can be interrupted TestLastCall shows it, under the tag invariants.
func TestLeaveDeferred(t *testing.T) {
	all, entering := functions(t), 0
	for name, d := range all {
		at, deferred := methodsCalled(d)
		if at["Borrow"]+deferred["Borrow"] != 0 && name != "Engine.enter" || at["Return"]+deferred["Return"] != 0 && name != "Engine.leave" {
			t.Errorf("%s begins or ends a section by itself", name)
		}
		if at["enter"] == 0 || name == "Socket.enter" {
			continue
		}
		entering++
		if at["enter"] != 1 || deferred["leave"] != 1 || at["leave"] != 0 {
			t.Errorf("%s enters %d times, and leaves %d times by a defer and %d times without", name, at["enter"], deferred["leave"], at["leave"])
		}
	}
	if at, _ := methodsCalled(all["Engine.leave"]); at["KeepAlive"] != 1 {
		t.Error("Engine.leave does not keep the engine reachable")
	}
	if entering < 10 {
		t.Errorf("only %d functions enter", entering)
	}
}
