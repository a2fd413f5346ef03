//go:build (linux || darwin) && !purego && !race

#include "textflag.h"

// func touchBuckets(lines unsafe.Pointer, buckets *uint32, hashes *hashed, slots *uint32, n int) (settled uint64)
TEXT ·touchBuckets(SB), NOSPLIT, $0-48
	MOVQ lines+0(FP), DI
	MOVQ buckets+8(FP), SI
	MOVQ hashes+16(FP), DX
	MOVQ slots+24(FP), R8
	MOVQ n+32(FP), R9
	XORL R10, R10            // settled
	XORL R11, R11            // number of the lookup
bucket:
	MOVL (SI)(R11*4), BX
	SHLQ $6, BX
	ADDQ DI, BX              // the line
	VPBROADCASTD 2(DX)(R11*8), Y0 // the tag: 32 bits from the 16th on
	VPCMPEQD (BX), Y0, Y1
	VPCMPEQD 32(BX), Y0, Y2
	VMOVMSKPD Y1, AX
	VMOVMSKPD Y2, CX
	SHLL $4, CX
	ORL  CX, AX
	MOVL 56(BX), R12         // the last word, after the others
	XORL R13, R13
	TESTL AX, AX
	SETEQ R13                // no tag
	BSFL AX, CX              // if AX is 0, what CX was: see below
	ANDL $7, CX
	MOVL (BX)(CX*8), BX
	ANDL $0x7ffffff, BX      // slotMask
	MOVL R13, CX
	DECL CX                  // all ones with a tag, else 0
	ANDL CX, BX
	MOVL BX, (R8)(R11*4)
	SHRL $27, R12            // displaced
	SETEQ CX
	ANDL CX, R13
	ANDL $1, R13
	MOVQ R11, CX
	SHLQ CX, R13
	ORQ  R13, R10
	INCQ R11
	CMPQ R11, R9
	JLT  bucket
	VZEROUPPER
	MOVQ R10, settled+40(FP)
	RET

// func differingKeys(flows unsafe.Pointer, slots *uint32, keys *Key, n int) uint64
TEXT ·differingKeys(SB), NOSPLIT, $0-40
	MOVQ flows+0(FP), DI
	MOVQ slots+8(FP), SI
	MOVQ keys+16(FP), DX
	MOVQ n+24(FP), R9
	XORL R10, R10
	XORL R11, R11
pair:
	MOVL (SI)(R11*4), BX
	SHLQ $6, BX
	VMOVDQU (DX), Y0
	VPCMPEQQ (DI)(BX*1), Y0, Y1
	VMOVMSKPD Y1, AX
	XORL $15, AX
	MOVQ 32(DX), R8
	XORQ 32(DI)(BX*1), R8
	ORQ  R8, AX
	XORL R13, R13
	TESTQ AX, AX
	SETNE R13
	MOVQ R11, CX
	SHLQ CX, R13
	ORQ  R13, R10
	ADDQ $40, DX
	INCQ R11
	CMPQ R11, R9
	JLT  pair
	VZEROUPPER
	MOVQ R10, ret+32(FP)
	RET
