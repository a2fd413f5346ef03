//go:build (linux || darwin) && !purego && !race && !invariants

#include "go_asm.h"
#include "textflag.h"

// func parsePackets(packets *[]byte, n int, keys *shard.Key, asked *uint32, verdicts *Verdict) (others uint64)
TEXT ·parsePackets(SB), NOSPLIT, $0-48
	MOVQ packets+0(FP), SI
	MOVQ n+8(FP), R13
	MOVQ keys+16(FP), DI
	MOVQ asked+24(FP), R14
	MOVQ verdicts+32(FP), BX
	MOVL $(1<<const_nextTCP | 1<<const_nextUDP), R12
	XORL R10, R10                 // others
	XORL R11, R11                 // number of the packet
packet:
	MOVQ (SI), R8
	MOVQ 8(SI), R9                // bytes that are there
	CMPQ R9, $const_ipv6Header
	JLT  other
	MOVL (R8), AX
	BSWAPL AX
	MOVL AX, R15
	SHRL $28, AX
	CMPL AX, $6                   // the version
	JNE  other
	MOVWLZX const_ipv6Payload(R8), CX
	ROLW $8, CX
	CMPL CX, $4                   // no ports; or 0, which says nothing
	JCS  other
	ADDL $const_ipv6Header, CX
	CMPQ R9, CX
	JLT  other
	MOVBLZX const_ipv6Next(R8), DX
	CMPL DX, $63
	JHI  other
	BTQ  DX, R12
	JCC  other
	MOVOU const_ipv6Addresses(R8), X0
	MOVOU (const_ipv6Addresses+16)(R8), X1
	MOVOU X0, (DI)
	MOVOU X1, 16(DI)
	MOVL const_ipv6Header(R8), AX // the ports
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, 32(DI)
	ANDL $const_MaxLabel, R15
	ORL  $const_shownMark, R15
	MOVL R15, (R14)(R11*4)
	MOVB $const_Allowed, (BX)(R11*1)
next:
	ADDQ $24, SI
	ADDQ $40, DI
	INCQ R11
	CMPQ R11, R13
	JLT  packet
	MOVQ R10, others+40(FP)
	RET
other:
	BTSQ R11, R10
	JMP  next

// func labelPackets(sockets *shard.Sockets, asked *uint32, n int, verdicts *Verdict, found *shard.Handle, shown uint64, out *Decision) (others uint64)
//
// For the packets that it decides about it says what Engine.label does.
TEXT ·labelPackets(SB), NOSPLIT, $0-64
	MOVQ sockets+0(FP), R8
	MOVQ const_socketsSlots(R8), R8
	MOVQ asked+8(FP), SI
	MOVQ n+16(FP), R13
	MOVQ verdicts+24(FP), BX
	MOVQ found+32(FP), DI
	MOVQ shown+40(FP), R12
	MOVQ out+48(FP), R9
	XORL R10, R10                 // others
	XORL R11, R11                 // number of the packet
packet:
	CMPB (BX)(R11*1), $const_Allowed
	JNE  other
	MOVL (SI)(R11*4), CX
	ANDL $const_MaxLabel, CX
	BTQ  R11, R12
	JCC  socket
allowed:
	MOVL CX, Decision_Label(R9)
	MOVB $const_Allowed, Decision_Verdict(R9)
	MOVL $const_bareLease, Decision_lease(R9)
next:
	ADDQ $Decision__size, R9
	INCQ R11
	CMPQ R11, R13
	JLT  packet
	MOVQ R10, others+56(FP)
	RET
socket:
	MOVQ (DI)(R11*8), AX
	MOVL AX, DX                   // the slot, 0 for no socket
	TESTL DX, DX
	JEQ  other
	SHLQ $const_socketShift, DX
	SHRQ $32, AX
	SHLQ $const_generationShift, AX
	CMPQ AX, const_socketWord(R8)(DX*1) // open, and without a block
	JNE  other
	TESTL CX, CX
	JEQ  other
	CMPL CX, const_socketOwn(R8)(DX*1)
	JNE  other
	CMPB const_socketProtocol(R8)(DX*1), $const_Ping
	JNE  allowed
other:
	BTSQ R11, R10
	JMP  next
