package core_test

// lifePC names the step that an actor takes next.
type lifePC uint8

const (
	scriptEnded lifePC = iota // the script has
	stepDone                  // ends the operation and its section
	stepBlocked               // the step cannot be taken now

	// GET, and what begins like it: the administrator's RENEW, a refused GET, a purge.
	gEnter
	gCell
	gWord
	gClear
	gOwner
	gTake
	gSock
	gExpires
	gLinger
	gList
	// creation
	gQuota
	gSlot
	gFill
	gLive
	gClaim
	gUnmake
	gAbandon
	// PUT and close, and every other drop of a user
	pEnter
	pUnlink
	pWord
	pMark
	pClock
	pLinger
	pRaise
	pDrop
	pLate // only where rule 7 is left out
	pLock
	pCheck
	pFile
	// a refused GET that counts as a use
	tWord
	tClear
	// purge
	uKill
	uCancel
	// the wheel's owner
	eIdle
	eWord
	eDrop
	eLook
	eJudge
	eAgain
	eKill
	// what whoever made a lease dead does then
	dClear
	dRetire
	dWait // only where rule 9 is left out
	// a packet
	rEnter
	rFind
	rUse
)

type lifeStep struct {
	name string
	run  func(*lifeTurn) lifePC
	on   bool // runs on into the next step
}

// lifeProgram says what each step does. A step is one atomic operation on what actors share, or several under a
// lock that all who could look must take. Steps that run on into the next are those where nothing is lost by
// it: they touch what only the actor can see; or they take a lock, and whatever comes between that and the next
// step might as well have come before; or what comes next only loads the word that a CAS checks, so that all
// that may come between is met again when the CAS fails. A section that begins goes on to the cell or the list:
// beginning it earlier would only make a grace period longer.
var lifeProgram = [...]lifeStep{
	gEnter:   {"enters a section, reads the clock", (*lifeTurn).enter, true},
	gCell:    {"loads the cell", (*lifeTurn).loadCell, false},
	gWord:    {"loads the word", (*lifeTurn).loadWord, false},
	gClear:   {"says that there is no lease: clears the cell of the dead one by CAS", (*lifeTurn).clearFound, false},
	gOwner:   {"reads owner and share mode", (*lifeTurn).readOwner, false},
	gTake:    {"takes a user by CAS", (*lifeTurn).takeUser, false},
	gSock:    {"locks its socket, looks whether it is closed", (*lifeTurn).lockSock, true},
	gExpires: {"raises expires", (*lifeTurn).raiseExpires, false},
	gLinger:  {"raises linger, a RENEW reads the clock", (*lifeTurn).raiseLinger, false},
	gList:    {"publishes on the list, unlocks its socket", (*lifeTurn).publish, false},
	gQuota:   {"takes quota", (*lifeTurn).takeQuota, false},
	gSlot:    {"takes a free slot", (*lifeTurn).takeSlot, true},
	gFill:    {"fills the fields", (*lifeTurn).fill, true},
	gLive:    {"stores the word: live, one user, watched", (*lifeTurn).makeLive, true},
	gClaim:   {"claims the cell by CAS", (*lifeTurn).claim, false},
	gUnmake:  {"lost the cell: gives slot and quota back", (*lifeTurn).unmake, false},
	gAbandon: {"abandons: CAS from its first word to dead", (*lifeTurn).abandon, false},
	pEnter:   {"enters a section", (*lifeTurn).enter, false}, // its reading of the clock is for a dropped rule
	pUnlink:  {"unlinks from the list", (*lifeTurn).unlink, false},
	pWord:    {"loads the word", (*lifeTurn).loadWordToDrop, false},
	pMark:    {"watches, as the last user, by CAS", (*lifeTurn).mark, false},
	pClock:   {"reads the clock", (*lifeTurn).readClock, false},
	pLinger:  {"loads linger", (*lifeTurn).loadLinger, false},
	pRaise:   {"raises expires to the end of its linger", (*lifeTurn).raiseDeadline, false},
	pDrop:    {"drops the user by CAS", (*lifeTurn).dropUser, false},
	pLate:    {"unlinks from the list", (*lifeTurn).unlinkLate, false},
	pLock:    {"takes the wheel's lock", (*lifeTurn).lockWheel, true},
	pCheck:   {"loads the word under the lock", (*lifeTurn).checkDead, false},
	pFile:    {"files the id, unlocks", (*lifeTurn).file, false},
	tWord:    {"looks for users and the mark", (*lifeTurn).loadMark, false},
	tClear:   {"clears the mark by CAS", (*lifeTurn).clearMark, false},
	uKill:    {"purges: CAS to dead", (*lifeTurn).purge, false},
	uCancel:  {"cancels the id under the wheel's lock", (*lifeTurn).cancel, false},
	eIdle:    {"takes the wheel's lock, reaches an id", (*lifeTurn).reach, true},
	eWord:    {"loads the word", (*lifeTurn).loadWordToJudge, false},
	eDrop:    {"clears filed by CAS, drops the id", (*lifeTurn).dropID, false},
	eLook:    {"reads the deadline", (*lifeTurn).readDeadline, false},
	eJudge:   {"watches, by CAS", (*lifeTurn).judge, false},
	eAgain:   {"reads the deadline again", (*lifeTurn).readDeadline, false},
	eKill:    {"CAS from the watched word to dead, drops the id", (*lifeTurn).kill, false},
	dClear:   {"clears the cell by CAS", (*lifeTurn).clearCell, false},
	dRetire:  {"returns quota, retires the slot", (*lifeTurn).retire, false},
	dWait:    {"waits for the grace period", (*lifeTurn).awaitGrace, false},
	rEnter:   {"enters a section", (*lifeTurn).enter, true},
	rFind:    {"finds a lease on the list", (*lifeTurn).find, false},
	rUse:     {"uses what it found", (*lifeTurn).use, false},
}
