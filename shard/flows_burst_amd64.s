//go:build (linux || darwin) && !purego && !race

#include "go_asm.h"
#include "textflag.h"
#include "flows_amd64.h"

// func hashBuckets(d *directory, keys *Key, n int, namespace uint32, hashes *hashed, buckets *uint32)
TEXT ·hashBuckets(SB), NOSPLIT, $0-48
	MOVQ d+0(FP), R14
	MOVQ keys+8(FP), SI
	MOVQ n+16(FP), R13
	MOVL namespace+24(FP), R9
	SHLQ $40, R9
	MOVQ hashes+32(FP), DI
	MOVQ buckets+40(FP), BX
	XORL R11, R11                 // number of the lookup
key:
	IN(SI, R9, R8)
	HASH(SI, R8)
	MOVQ AX, (DI)(R11*8)
	BUCKET
	MOVL CX, (BX)(R11*4)
	ADDQ $40, SI
	INCQ R11
	CMPQ R11, R13
	JLT  key
	RET

// func candidateBuckets(lines unsafe.Pointer, buckets *uint32, hashes *hashed, n int) (settled uint64)
TEXT ·candidateBuckets(SB), NOSPLIT, $0-40
	MOVQ lines+0(FP), DI
	MOVQ buckets+8(FP), SI
	MOVQ hashes+16(FP), DX
	MOVQ n+24(FP), R9
	MOVQ $const_eachReference, R12
	MOVQ $const_eachPrint, R13
	XORL R10, R10                 // settled
	XORL R11, R11                 // number of the lookup
bucket:
	MOVL (SI)(R11*4), BX
	MOVQ BX, R15
	SHLQ $6, R15
	ADDQ DI, R15                  // the own bucket
	MOVQ (DX)(R11*8), R8          // the hash
	MOVL R8, AX
	ANDL $const_printMask, AX
	IMULQ R12, AX
	XORQ 56(R15), AX              // differ: of the displaced word
	MOVQ AX, CX
	ANDQ R13, CX
	MOVQ CX, R14
	SUBQ R12, R14
	ANDNQ R14, CX, R14
	MOVQ R12, CX
	SHLQ $15, CX
	ANDQ CX, R14                  // m
	TZCNTQ R14, CX
	ANDL $48, CX
	SHRXQ CX, AX, AX
	ANDL $const_wayMask, AX       // way
	XORL BX, AX
	SHRQ $16, R8                  // the tag
	CMPL R8, 4(R15)               // with that of the entry
	SETEQ CX
	CMOVLEQ BX, AX                // the candidate
	MOVL AX, (SI)(R11*4)
	MOVBLZX CX, CX
	ORQ  CX, R14                  // 0 if there is none
	XORL AX, AX
	TESTQ R14, R14
	SETEQ AX
	SHLXQ R11, AX, AX
	ORQ  AX, R10
	INCQ R11
	CMPQ R11, R9
	JLT  bucket
	MOVQ R10, settled+32(FP)
	RET

// func compareBuckets(lines unsafe.Pointer, buckets *uint32, keys *Key, n int, namespace uint32, sockets *Handle) (others uint64)
TEXT ·compareBuckets(SB), NOSPLIT, $0-56
	MOVQ lines+0(FP), DI
	MOVQ buckets+8(FP), SI
	MOVQ keys+16(FP), DX
	MOVQ n+24(FP), R9
	MOVL namespace+32(FP), R15
	SHLQ $40, R15
	MOVQ sockets+40(FP), R13
	XORL R10, R10                 // others
	XORL R11, R11                 // number of the lookup
bucket:
	MOVL (SI)(R11*4), BX
	SHLQ $6, BX
	ADDQ DI, BX
	MOVQ (BX), CX                 // the entry
	VMOVDQU (DX), Y0
	VPCMPEQQ 8(BX), Y0, Y1
	VMOVMSKPD Y1, AX
	XORL $15, AX
	IN(DX, R15, R8)
	XORQ 40(BX), R8
	ORQ  AX, R8
	MOVQ 48(BX), R12              // the handle
	CMPQ CX, $1                   // carry if the entry was 0
	SBBQ AX, AX
	ORQ  AX, R8
	XORQ (BX), CX                 // the entry again
	ORQ  CX, R8                   // 0 if the bucket holds the key
	XORL AX, AX
	XORL CX, CX
	TESTQ R8, R8
	CMOVQNE AX, R12
	SETNE CX
	MOVQ R12, (R13)(R11*8)
	SHLXQ R11, CX, CX
	ORQ  CX, R10
	ADDQ $40, DX
	INCQ R11
	CMPQ R11, R9
	JLT  bucket
	VZEROUPPER
	MOVQ R10, others+48(FP)
	RET
