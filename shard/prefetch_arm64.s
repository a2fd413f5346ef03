//go:build !purego

#include "textflag.h"

// func prefetch(pointers unsafe.Pointer, n int, size uintptr)
TEXT ·prefetch(SB), NOSPLIT, $0-24
	MOVD pointers+0(FP), R0
	MOVD n+8(FP), R1
	MOVD size+16(FP), R3
	CMP  $0, R1
	BLE  done
next:
	MOVD (R0), R2
	PRFM (R2), PLDL1KEEP
	ADD  R3, R0
	SUBS $1, R1, R1
	BNE  next
done:
	RET

// func prefetchAt(base unsafe.Pointer, size uintptr, numbers unsafe.Pointer, apart uintptr, n int)
TEXT ·prefetchAt(SB), NOSPLIT, $0-40
	MOVD base+0(FP), R0
	MOVD size+8(FP), R3
	MOVD numbers+16(FP), R4
	MOVD apart+24(FP), R5
	MOVD n+32(FP), R1
	CMP  $0, R1
	BLE  finished
again:
	MOVWU (R4), R2
	ADD  R5, R4
	MADD R2, R0, R3, R2 // R2 = R0 + R2*R3
	PRFM (R2), PLDL1KEEP
	SUBS $1, R1, R1
	BNE  again
finished:
	RET
