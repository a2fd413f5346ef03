package main

func Example() {
	main()
	// Output:
	// blue: backend 4 goes unlabelled, over quota: true
	// blue: backend 5 goes unlabelled, over quota: true
	// red: allowed 25600, refused 400, stale 0
	// red, in use:
	//   2001:db8::1 process: owner 1, users 4, linger 60ms, kept false
	//   2001:db8::b:1 exclusive: owner 0, users 1, linger 60ms, kept false
	//   2001:db8::b:2 exclusive: owner 0, users 1, linger 60ms, kept false
	//   2001:db8::b:3 exclusive: owner 0, users 1, linger 60ms, kept false
	// blue: allowed 25600, refused 400, stale 0
	// blue, in use:
	//   2001:db8::1 process: owner 2, users 4, linger 60ms, kept false
	//   2001:db8::b:1 exclusive: owner 0, users 1, linger 60ms, kept false
	//   2001:db8::b:2 exclusive: owner 0, users 1, linger 60ms, kept false
	//   2001:db8::b:3 exclusive: owner 0, users 1, linger 60ms, kept false
	// red: 1h0m0s is too long, 1m0s must do
	// a guest is kept out: true
	// red, draining:
	//   2001:db8::1 process: owner 1, users 0, linger 60ms, kept true
	//   2001:db8::b:1 exclusive: owner 0, users 0, linger 60ms, kept false
	//   2001:db8::b:2 exclusive: owner 0, users 0, linger 60ms, kept false
	//   2001:db8::b:3 exclusive: owner 0, users 0, linger 60ms, kept false
	// red, drained:
	//   2001:db8::1 process: owner 1, users 0, linger 60ms, kept true
	// no renewal after that: true
	// purged: 1
	// created 8, joined 6, renewed 1, put 7, expired 3, purged 1, left 4
	// over quota 2, not shared 1, too long 1, closed 0
	// closed: allowed 0, refused 0, stale 26000
}
