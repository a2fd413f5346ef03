//go:build !purego

#include "textflag.h"

// func prefetch(lines *[Burst]unsafe.Pointer, n int)
TEXT ·prefetch(SB), NOSPLIT, $0-16
	MOVD lines+0(FP), R0
	MOVD n+8(FP), R1
	CMP  $0, R1
	BLE  done
next:
	MOVD.P 8(R0), R2
	PRFM (R2), PLDL1KEEP
	SUBS $1, R1, R1
	BNE  next
done:
	RET

// func prefetchBytes(slices *[]byte, n int)
TEXT ·prefetchBytes(SB), NOSPLIT, $0-16
	MOVD slices+0(FP), R0
	MOVD n+8(FP), R1
	CMP  $0, R1
	BLE  finished
again:
	MOVD.P 24(R0), R2
	PRFM (R2), PLDL1KEEP
	SUBS $1, R1, R1
	BNE  again
finished:
	RET
