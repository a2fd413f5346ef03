//go:build (linux || darwin) && !purego && !race && !invariants

#include "go_asm.h"
#include "textflag.h"

// func parsePackets(packets *[]byte, n int, keys *shard.Key, verdicts *Verdict) (others uint64)
TEXT ·parsePackets(SB), NOSPLIT, $0-40
	MOVQ packets+0(FP), SI
	MOVQ n+8(FP), R13
	MOVQ keys+16(FP), DI
	MOVQ verdicts+24(FP), BX
	MOVL $(1<<const_nextTCP | 1<<const_nextUDP), R12
	XORL R10, R10                 // others
	XORL R11, R11                 // number of the packet
packet:
	MOVQ (SI), R8
	MOVQ 8(SI), R9                // bytes that are there
	CMPQ R9, $const_ipv6Header
	JLT  other
	MOVBLZX (R8), AX
	ANDL $0xf0, AX
	CMPL AX, $0x60                // the version
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
	MOVB $const_Allowed, (BX)(R11*1)
next:
	ADDQ $24, SI
	ADDQ $40, DI
	INCQ R11
	CMPQ R11, R13
	JLT  packet
	MOVQ R10, others+32(FP)
	RET
other:
	BTSQ R11, R10
	JMP  next

// func labelPackets(sockets *shard.Sockets, packets *[]byte, n int, verdicts *Verdict, found *shard.Handle, out *Decision) (others uint64)
//
// For the packets that it decides about it says what Engine.label does.
TEXT ·labelPackets(SB), NOSPLIT, $0-56
	MOVQ sockets+0(FP), R8
	MOVQ const_socketsSlots(R8), R8
	MOVQ packets+8(FP), SI
	MOVQ n+16(FP), R13
	MOVQ verdicts+24(FP), BX
	MOVQ found+32(FP), DI
	MOVQ out+40(FP), R9
	XORL R10, R10                 // others
	XORL R11, R11                 // number of the packet
packet:
	MOVQ (DI)(R11*8), AX
	CMPB (BX)(R11*1), $const_Allowed
	JNE  other
	MOVL AX, DX                   // the slot, 0 for no socket
	TESTL DX, DX
	JEQ  other
	SHLQ $const_socketShift, DX
	SHRQ $32, AX
	SHLQ $const_generationShift, AX
	CMPQ AX, const_socketWord(R8)(DX*1) // open, and without a block
	JNE  other
	MOVQ (SI), CX
	MOVL (CX), CX
	BSWAPL CX
	MOVQ const_socketOwn(R8)(DX*1), AX
	ANDL $const_MaxLabel, CX
	JEQ  other
	CMPL AX, CX
	JNE  other
	CMPB const_socketProtocol(R8)(DX*1), $const_Ping
	JEQ  other
	MOVL CX, Decision_Label(R9)
	MOVB $const_Allowed, Decision_Verdict(R9)
	SHRQ $32, AX                  // the lease
	MOVL AX, Decision_lease(R9)
next:
	ADDQ $24, SI
	ADDQ $Decision__size, R9
	INCQ R11
	CMPQ R11, R13
	JLT  packet
	MOVQ R10, others+48(FP)
	RET
other:
	BTSQ R11, R10
	JMP  next
