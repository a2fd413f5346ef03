//go:build !purego && !race

#include "textflag.h"

// PAIR puts into R ones for each of the two entries at off(SI) that has the label
// in X0; X1 says where an entry has it.
#define PAIR(off, R) \
	VMOVDQA off(SI), R \
	VPAND R, X1, R     \
	VPCMPEQQ R, X0, R

// func entryOfLabel(lines *line, n int, label uint32) (entry uint64, found bool)
TEXT ·entryOfLabel(SB), NOSPLIT, $0-33
	MOVQ lines+0(FP), SI
	MOVQ n+8(FP), DX
	MOVL label+16(FP), AX
	MOVL $0xfffff, BX
	VMOVQ AX, X0
	VMOVQ BX, X1
	VPUNPCKLQDQ X0, X0, X0
	VPUNPCKLQDQ X1, X1, X1
group: // of up to four lines, whose places have two bits each in DI
	XORL DI, DI
	XORL CX, CX
	MOVQ SI, R8
line:
	PAIR(0, X2)
	PAIR(16, X3)
	PAIR(32, X4)
	PAIR(48, X5)
	VPACKSSDW X3, X2, X2
	VPACKSSDW X5, X4, X4
	VPACKSSWB X4, X2, X2
	VPMOVMSKB X2, AX
	SHLQ CX, AX
	ORQ  AX, DI
	ADDQ $64, SI
	DECQ DX
	JZ   grouped
	ADDQ $16, CX
	CMPQ CX, $64
	JNE  line
grouped:
	BSFQ DI, DI
	JNZ  there
	TESTQ DX, DX
	JNZ  group
	MOVQ $0, entry+24(FP)
	MOVB $0, found+32(FP)
	RET
there:
	SHRQ $1, DI
	MOVQ (R8)(DI*8), AX
	MOVQ AX, entry+24(FP)
	MOVB $1, found+32(FP)
	RET
