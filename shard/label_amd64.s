//go:build !purego && !race

#include "textflag.h"

// func placeOfLabel(lines *line, n int, label uint32) uint64
TEXT ·placeOfLabel(SB), NOSPLIT, $0-32
	MOVQ lines+0(FP), SI
	MOVQ n+8(FP), DX
	MOVL label+16(FP), AX
	MOVL $0xfffff, BX
	MOVQ AX, X0              // both before the first VEX instruction
	MOVQ BX, X1
	VPBROADCASTQ X0, Y0      // the label, four times
	VPBROADCASTQ X1, Y1      // where an entry has it
	XORQ DI, DI              // the places found
	XORQ CX, CX              // number of the line's first place
line:
	VPAND    (SI), Y1, Y2
	VPAND    32(SI), Y1, Y3
	VPCMPEQQ Y0, Y2, Y2
	VPCMPEQQ Y0, Y3, Y3
	VMOVMSKPD Y2, R8
	VMOVMSKPD Y3, R9
	SHLQ $4, R9
	ORQ  R9, R8
	SHLQ CX, R8
	ORQ  R8, DI
	ADDQ $8, CX
	ADDQ $64, SI
	DECQ DX
	JNZ  line
	VZEROUPPER
	MOVQ DI, ret+24(FP)
	RET
