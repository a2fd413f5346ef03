package core_test

import "testing"

// lifeRule is one rule to leave out.
type lifeRule uint8

const (
	allRules lifeRule = iota

	// 1. Every control operation runs inside a section, from its first look at the cell to its last CAS, and to
	// the filing of the id that follows it.
	noGrace         // a slot is free again as soon as it is retired
	sectionToLookup // a section ends when the cell has been read
	sectionToCAS    // a section ends at the CAS that set filed, before the id is filed

	// 2. Fields are written only while Free; linger and expires are raised only by who holds a user.
	raiseThenUser // a GET that joins raises first
	listThenRaise // it raises when its entry stands and its socket is unlocked: a PUT may have had its user
	renewNoUser   // the administrator's RENEW takes no user
	liveThenFill  // a creator fills the fields when the lease can be seen
	spareAll      // expires is left alone by every GET

	// 3. Quota, fields, word, cell; the loser of the cell gives all back. Who cannot list what it created
	// makes it dead only from the word that it stored.
	cellThenWord
	loserKeepsQuota
	loserKeepsSlot
	abandonAtOne // a creator abandons from any word with one user

	// 4. The cell changes by CAS. Who says that a label is free takes a dead lease out of it first. Who made the
	// lease Dead retires it, after its try at the cell; fields last until the grace period is over.
	blindClaim      // a creator stores its slot
	blindClear      // who made a lease dead stores 0
	replacerRetires // a creator retires the dead lease that it replaces
	retireFirst     // the slot is retired and then taken out of the cell
	ownerAtDeath    // the owner is given up at death
	tellKeeps       // who says that a lease is gone leaves a dead one in its cell

	// 5. watched, then the deadline, then Dead; every use clears the mark.
	unwatched
	readOnce        // the deadline is read before the mark is set only
	keepMark        // taking and dropping a user leave the mark as it is
	touchLeavesMark // a refused GET raises the deadline and leaves the mark
	touchLooksOnce  // it raises the deadline and does not look for a mark that was not there before

	// 6. filed changes by CAS. The last user watches, reads the clock, raises the deadline, and drops his user from
	// the watched word; also by undoing a GET, unless the mark stands from his own revival.
	blindFiled      // the wheel's owner clears filed whatever the word is by then
	dropThenRaise   // the deadline is raised after the user is dropped
	unmarked        // the last user does not watch
	clockThenMark   // he reads the clock before he does
	clockThenUnlink // a PUT reads the clock before it unlinks
	undoForgets     // undoing a GET never raises the deadline
	joinKeepsMark   // a join leaves the mark of a revival

	// 7. The user, then the list; off the list, then the user.
	listThenUser
	userThenList

	// 8. Only users = 0 can die.
	expireUsed
	purgeUsed

	// 9. Nothing waits, and every history ends. A lease may therefore die between the CAS that set filed and the
	// filing, and the wheel's lock is where that is noticed.
	fileUnchecked // who set filed files without looking at the word under the lock
	purgeLeavesID // a purge does not cancel the id
	refileAsFound // an id found early keeps the time it was filed for
	retireWaits   // who retires waits for the grace period, inside its own section
)

// The operations of scripts: GET with and without CREATE take the socket, the linger and what is added to the
// clock for expires.
func doGet(sock uint8, linger, expires int8) lifeOp  { return lifeOp{opGet, sock, linger, expires} }
func doJoin(sock uint8, linger, expires int8) lifeOp { return lifeOp{opJoin, sock, linger, expires} }
func doPut(sock uint8) lifeOp                        { return lifeOp{kind: opPut, sock: sock} }

var (
	doRenew  = lifeOp{kind: opRenew, linger: 2, expires: 1}
	doTouch  = lifeOp{kind: opTouch}
	doPurge  = lifeOp{kind: opPurge}
	doPacket = lifeOp{kind: opPacket}
	doClose  = lifeOp{kind: opClose}
)

// lifeConfigs are small on purpose: the states multiply with every step that can overlap another. Two slots and
// two or three actors are what the counterexamples of all the rules take.
var lifeConfigs = []lifeConfig{
	{name: "create and join", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 1, 0), doPut(0)},
		{doJoin(1, 2, 2), doPut(1)},
	}},
	{name: "create twice", slots: 3, limit: 3, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 1, 0), doPut(0)},
		{doGet(1, 1, 1), doPut(1)},
	}},
	{name: "create thrice", slots: 2, limit: 2, ticks: 0, scripts: [][]lifeOp{
		{doGet(0, 0, 0), doPut(0)},
		{doGet(1, 0, 0), doPut(1)},
		{doGet(0, 0, 0)},
	}},
	{name: "create at the limit", slots: 2, limit: 1, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 1, 0), doPut(0), doGet(0, 0, 0)},
		{doGet(1, 0, 1), doPut(1)},
	}},
	{name: "revive", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 0, 0), doPut(0), doGet(0, 1, 0), doPut(0), doGet(0, 0, 0), doPut(0)},
	}},
	{name: "revive and touch", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 1, 0), doPut(0), doGet(0, 0, 0), doPut(0)},
		{doTouch},
	}},
	{name: "purge", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 0, 0), doPut(0), doGet(0, 1, 0), doPut(0)},
		{doPurge, doPurge},
	}},
	{name: "purge and create", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 1, 0), doPut(0)},
		{doPurge},
		{doGet(1, 0, 0), doPut(1)},
	}},
	{name: "close and join", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 0, 0)},
		{doJoin(0, 1, 1), doJoin(1, 1, 1), doPut(1)},
		{doClose},
	}},
	{name: "revive and close", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(1, 1, 0), doPut(1), doGet(0, 0, 0)},
		{doJoin(1, 1, 1), doPut(1)},
		{doClose},
	}},
	{name: "revive, touch and close", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(1, 1, 0), doPut(1), doGet(0, 0, 0)},
		{doTouch},
		{doClose},
	}},
	{name: "abandon", slots: 2, limit: 2, ticks: 2, closed: 1, scripts: [][]lifeOp{
		{doGet(0, 1, 1)},
		{doJoin(1, 1, 2), doPut(1)},
		{doJoin(1, 2, 0), doPut(1)},
	}},
	{name: "abandon, touch and purge", slots: 2, limit: 2, ticks: 2, closed: 1, scripts: [][]lifeOp{
		{doGet(0, 1, 1)},
		{doJoin(1, 1, 2), doPut(1)},
		{doTouch, doPurge},
	}},
	{name: "one socket", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 0, 0), doPut(0)},
		{doJoin(0, 1, 2)},
		{doPut(0)},
	}},
	{name: "join twice", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 1, 0), doPut(0)},
		{doJoin(1, 1, 0), doPut(1), doJoin(1, 1, 0), doPut(1)},
	}},
	{name: "renew", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 0, 0), doPut(0)},
		{doRenew},
		{doTouch},
	}},
	{name: "packet", slots: 2, limit: 2, ticks: 1, scripts: [][]lifeOp{
		{doGet(1, 0, 0), doPut(1)},
		{doJoin(0, 0, 0), doPut(0)},
		{doPacket},
	}},
	{name: "packet and close", slots: 2, limit: 2, ticks: 2, scripts: [][]lifeOp{
		{doGet(0, 0, 0), doClose},
		{doPacket},
		{doPurge, doGet(1, 0, 0)},
	}},
}

func lifeConfigNamed(name string) *lifeConfig {
	for i := range lifeConfigs {
		if lifeConfigs[i].name == name {
			return &lifeConfigs[i]
		}
	}
	return nil
}

// TestLeaseRules explores all histories of all configurations under all rules.
func TestLeaseRules(t *testing.T) {
	all := 0
	for i := range 2 * len(lifeConfigs) {
		c := lifeConfigs[i/2]
		c.spares = i%2 == 1
		v := exploreLife(&c, allRules, "")
		t.Logf("%-26s %7d states, %3d ends", c.name, v.states, v.ends)
		if all += v.states; v.bad != "" {
			t.Errorf("%s, spares expires %v: %s%s", c.name, c.spares, v.bad, v.trace)
		}
	}
	t.Logf("%-26s %7d states", "all", all)
}

// TestLeaseRulesDropped leaves out one rule at a time and wants to see the harm that the rule prevents.
func TestLeaseRulesDropped(t *testing.T) {
	for _, d := range lifeDropped {
		t.Run(d.name, func(t *testing.T) {
			v := exploreLife(lifeConfigNamed(d.in), d.rule, d.harm)
			if v.bad == "" {
				t.Fatalf("%q: %d states, and never: %s", d.in, v.states, d.harm)
			}
			t.Logf("%s: %s, found after %d states:%s", d.in, v.bad, v.states, v.trace)
		})
	}
}

// dropped says what each rule prevents, and in which histories that can be seen.
var lifeDropped = []struct {
	rule lifeRule
	name string
	in   string
	harm string
}{
	{noGrace, "1 a grace period", "create thrice", harmTwoLeases},
	{sectionToLookup, "1 section from look to CAS", "create thrice", harmTwoLeases},
	{sectionToCAS, "1 section to filing", "purge", harmWheelFree},
	{raiseThenUser, "2 user before raise", "create and join", harmEarly},
	{listThenRaise, "2 raise before entry", "one socket", harmEarly},
	{renewNoUser, "2 renew takes a user", "renew", harmEarly},
	{spareAll, "2 only what the linger covers is left alone", "one socket", harmEarly},
	{liveThenFill, "2 fields while free", "create and join", harmOwner},
	{cellThenWord, "3 word before cell", "create twice", harmTwoLeases},
	{loserKeepsQuota, "3 loser returns quota", "create twice", harmQuota},
	{loserKeepsSlot, "3 loser returns slot", "create twice", harmLeftOver},
	{abandonAtOne, "3 abandon only untouched", "abandon", harmEarly},
	{blindClaim, "4 claim by CAS", "create twice", harmTwoLeases},
	{blindClear, "4 clear by CAS", "create twice", harmTwoLeases},
	{replacerRetires, "4 one retires", "create twice", harmTwice},
	{retireFirst, "4 cell before retirement", "create twice", harmReused},
	{ownerAtDeath, "4 owner until the end", "create twice", harmOwner},
	{tellKeeps, "4 told, then cleared", "packet", harmTold},
	{tellKeeps, "4 refused, then cleared", "create at the limit", harmTold},
	{unwatched, "5 watched", "revive", harmEarly},
	{readOnce, "5 deadline read again", "revive", harmEarly},
	{keepMark, "5 uses clear the mark", "revive", harmEarly},
	{touchLeavesMark, "5 touch clears the mark", "revive and touch", harmEarly},
	{touchLooksOnce, "5 touch looks again", "revive and touch", harmEarly},
	{blindFiled, "6 filed by CAS", "revive", harmLeftOver},
	{dropThenRaise, "6 raise before CAS", "revive", harmEarly},
	{unmarked, "6 the last watches", "join twice", harmEarly},
	{clockThenMark, "6 clock after the mark", "join twice", harmEarly},
	{clockThenUnlink, "6 clock after unlinking", "one socket", harmEarly},
	{undoForgets, "6 undo raises for others", "close and join", harmEarly},
	{undoForgets, "6 undo of a revival raises for others", "revive and close", harmEarly},
	{joinKeepsMark, "6 a join clears the mark of a revival", "revive and close", harmEarly},
	{listThenUser, "7 user before list", "packet", harmDeadFound},
	{userThenList, "7 list before user", "packet", harmDeadFound},
	{expireUsed, "8 users do not expire", "revive", harmDeadUsed},
	{purgeUsed, "8 users are not purged", "purge", harmDeadUsed},
	{fileUnchecked, "9 filing looks for dead", "purge", harmWheelFree},
	{purgeLeavesID, "9 purge cancels", "purge", harmWheelFree},
	{refileAsFound, "9 refiled for later", "revive", harmEndless},
	{retireWaits, "9 retiring never waits", "purge", harmLeftOver},
}
