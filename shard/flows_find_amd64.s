//go:build (linux || darwin) && !purego && !race

#include "go_asm.h"
#include "textflag.h"
#include "flows_amd64.h"

// func findFlow(f *Flows, k *Key, namespace uint32) Handle
TEXT ·findFlow(SB), NOSPLIT, $0-32
	MOVQ f+0(FP), AX
	MOVQ Flows_lines(AX), DI
	TESTQ DI, DI                  // not set without AVX2
	JEQ  plain
	MOVQ Flows_dir(AX), R14
	TESTQ R14, R14
	JEQ  plain
	MOVQ k+8(FP), R8
	MOVL namespace+16(FP), CX
	SHLQ $40, CX
	IN(R8, CX, R12)
	MOVQ $const_avalanche, R10
	HASH(R8, R12, R10)
	MOVQ directory_words(R14), R10
	BUCKET(R10)
	MOVL CX, BX
	SHLQ $6, CX
	LEAQ (DI)(CX*1), SI
	MOVQ SI, R14                  // the own bucket
	MOVQ SI, DX
	XORQ $64, DX                  // where displaced flows go first
	PREFETCHT0 (DX)
	XORQ $192, DX                 // and next
	PREFETCHT0 (DX)
	XORQ $64, DX
	PREFETCHT0 (DX)
compare:
	MOVL (SI), R10                // the slot
	VPXOR 8(SI), Y0, Y1
	VPTEST Y1, Y1
	JNE  other
	CMPQ R12, 40(SI)
	JNE  other
	MOVQ 48(SI), DX               // the handle
	CMPL R10, (SI)                // the slot again
	JNE  other
	TESTL R10, R10
	JEQ  other
	MOVQ DX, ret+24(FP)
	VZEROUPPER
	RET
other:
	TESTQ R14, R14
	JEQ  next
	XORL R14, R14                 // once, after the own bucket
	MOVQ $const_eachReference, CX
	ANDL $const_printMask, AX
	IMULQ CX, AX
	XORQ 56(SI), AX
	MOVQ AX, R9                   // differ: of the displaced word
	MOVQ $const_eachPrint, DX
	ANDQ AX, DX
	MOVQ DX, R13
	SUBQ CX, R13
	ANDNQ R13, DX, R13
	SHLQ $15, CX
	ANDQ CX, R13                  // m
next:
	TZCNTQ R13, CX
	JCS  none
	BLSRQ R13, R13
	ANDL $48, CX
	SHRXQ CX, R9, AX
	ANDL $const_wayMask, AX
	XORL BX, AX
	SHLQ $6, AX
	LEAQ (DI)(AX*1), SI
	JMP  compare
none:
	MOVQ $0, ret+24(FP)
	VZEROUPPER
	RET
plain:
	JMP  ·findElsewhere(SB)       // it has the same arguments
