//go:build (linux || darwin) && !purego && !race

#include "textflag.h"

// func hashKeys(s *keyed, keys *Key, hashes *hashed, n int)
//
// See keyed.hash; the words of a key are AX, R9, BX, R11 and the one at 32(SI).
TEXT ·hashKeys(SB), NOSPLIT, $0-32
	MOVQ s+0(FP), R8
	MOVQ keys+8(FP), SI
	MOVQ hashes+16(FP), DI
	MOVQ n+24(FP), CX
	MOVQ $0xb8ab03bcecd7a518, R12 // 40 times the first prime
	MOVQ $0x165667919e3779f9, R13
key:
	MOVQ 0(SI), AX
	MOVQ 8(SI), R9
	MOVQ 16(SI), BX
	MOVQ 24(SI), R11
	XORQ 0(R8), AX
	MOVQ 8(R8), DX
	XORQ R9, DX
	MULQ DX
	MOVQ R12, R10
	XORQ DX, AX
	ADDQ AX, R10
	MOVQ 16(R8), AX
	XORQ R11, AX
	MOVQ 32(SI), DX
	XORQ 24(R8), DX
	MULQ DX
	XORQ DX, AX
	ADDQ AX, R10
	MOVQ 32(R8), AX
	XORQ BX, AX
	XORQ 40(R8), R11
	MULQ R11
	XORQ DX, AX
	ADDQ AX, R10
	MOVQ 48(R8), AX
	XORQ R9, AX
	XORQ 56(R8), BX
	MULQ BX
	XORQ DX, AX
	ADDQ AX, R10
	MOVQ R10, AX
	SHRQ $37, AX
	XORQ AX, R10
	IMULQ R13, R10
	MOVQ R10, AX
	SHRQ $32, AX
	XORQ AX, R10
	MOVQ R10, (DI)
	ADDQ $40, SI
	ADDQ $8, DI
	DECQ CX
	JNZ  key
	RET

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
