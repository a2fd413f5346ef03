//go:build (linux || darwin) && !purego && !race

#include "textflag.h"

// func slotOfKey(l *line, tag uint32, flows unsafe.Pointer, k *Key) uint32
TEXT ·slotOfKey(SB), NOSPLIT, $0-36
	MOVQ l+0(FP), SI
	MOVL tag+8(FP), AX
	MOVQ flows+16(FP), DI
	MOVQ k+24(FP), DX
	VMOVD AX, X0
	VPBROADCASTD X0, Y0
	VPCMPEQD (SI), Y0, Y1
	VPCMPEQD 32(SI), Y0, Y2
	VMOVMSKPD Y1, AX         // the top bits are those of the words' upper halves
	VMOVMSKPD Y2, CX
	SHLL $4, CX
	ORL  CX, AX              // the places with the tag
	VMOVDQU (DX), Y0
	MOVQ 32(DX), R8
place:
	TESTL AX, AX
	JZ   none
	BSFL AX, CX
	MOVL (SI)(CX*8), BX
	ANDL $0x7ffffff, BX      // slotMask
	JZ   next
	MOVQ BX, R9
	SHLQ $6, R9
	VPCMPEQQ (DI)(R9*1), Y0, Y1
	VMOVMSKPD Y1, R10
	MOVQ 32(DI)(R9*1), R11
	XORL $15, R10
	XORQ R8, R11
	ORQ  R10, R11
	JZ   done
next:
	LEAL -1(AX), CX
	ANDL CX, AX
	JMP  place
none:
	XORL BX, BX
done:
	VZEROUPPER
	MOVL BX, ret+32(FP)
	RET
