//go:build !invariants

package core_test

// invariantsEnabled says whether pages and tables are as small as the tag
// invariants makes them, which takes more memory for the same.
const invariantsEnabled = false
