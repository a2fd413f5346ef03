//go:build !purego

#include "textflag.h"

// func prefetch(pointers unsafe.Pointer, n int, size uintptr)
TEXT ·prefetch(SB), NOSPLIT, $0-24
	MOVQ pointers+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ size+16(FP), DX
	TESTQ CX, CX
	JLE  done
next:
	MOVQ (SI), AX
	PREFETCHT0 (AX)
	ADDQ DX, SI
	DECQ CX
	JNZ  next
done:
	RET

// func prefetchAt(base unsafe.Pointer, size uintptr, numbers unsafe.Pointer, apart uintptr, n int)
TEXT ·prefetchAt(SB), NOSPLIT, $0-40
	MOVQ base+0(FP), DI
	MOVQ size+8(FP), DX
	MOVQ numbers+16(FP), SI
	MOVQ apart+24(FP), BX
	MOVQ n+32(FP), CX
	TESTQ CX, CX
	JLE  finished
again:
	MOVL (SI), AX
	IMULQ DX, AX
	PREFETCHT0 (DI)(AX*1)
	ADDQ BX, SI
	DECQ CX
	JNZ  again
finished:
	RET
