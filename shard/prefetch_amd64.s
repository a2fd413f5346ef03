//go:build !purego

#include "textflag.h"

// func prefetch(lines *[Burst]unsafe.Pointer, n int)
TEXT ·prefetch(SB), NOSPLIT, $0-16
	MOVQ lines+0(FP), SI
	MOVQ n+8(FP), CX
	TESTQ CX, CX
	JLE  done
next:
	MOVQ (SI), AX
	PREFETCHT0 (AX)
	ADDQ $8, SI
	DECQ CX
	JNZ  next
done:
	RET

// func prefetchBytes(slices *[]byte, n int)
TEXT ·prefetchBytes(SB), NOSPLIT, $0-16
	MOVQ slices+0(FP), SI
	MOVQ n+8(FP), CX
	TESTQ CX, CX
	JLE  finished
again:
	MOVQ (SI), AX
	PREFETCHT0 (AX)
	ADDQ $24, SI
	DECQ CX
	JNZ  again
finished:
	RET
