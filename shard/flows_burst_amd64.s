//go:build (linux || darwin) && !purego && !race

#include "go_asm.h"
#include "textflag.h"
#include "flows_amd64.h"

// func hashBuckets(d *directory, lines unsafe.Pointer, keys *Key, n int, in uint64, hashes *hashed, buckets *uint32)
TEXT ·hashBuckets(SB), NOSPLIT, $0-56
	MOVQ d+0(FP), R14
	MOVQ lines+8(FP), R12
	MOVQ keys+16(FP), SI
	MOVQ n+24(FP), R13
	MOVQ in+32(FP), R9
	MOVQ hashes+40(FP), DI
	MOVQ buckets+48(FP), BX
	XORL R11, R11                 // number of the lookup
key:
	IN(SI, R9, R8)
	HASH(SI, R8)
	MOVQ AX, (DI)(R11*8)
	BUCKET
	MOVL CX, (BX)(R11*4)
	SHLQ $6, CX
	PREFETCHT0 (R12)(CX*1)
	ADDQ $40, SI
	INCQ R11
	CMPQ R11, R13
	JLT  key
	VZEROUPPER
	RET

// HOLDS leaves in R8 0 if the bucket at R15 holds the key at k, and in R14 its handle, 0
// if it does not. n is the namespace in a place of its own. It uses CX, Y0 and Y1.
#define HOLDS(k, n) \
	MOVQ (R15), CX;                    /* the entry */ \
	VMOVDQU (k), Y0; \
	VPCMPEQQ 8(R15), Y0, Y1; \
	VMOVMSKPD Y1, R8; \
	XORL $15, R8; \
	IN(k, n, R14); \
	XORQ 40(R15), R14; \
	ORQ  R14, R8; \
	CMPQ CX, $1;                       /* carry if the entry was 0 */ \
	SBBQ R14, R14; \
	ORQ  R14, R8; \
	MOVQ 48(R15), R14;                 /* the handle */ \
	XORQ (R15), CX;                    /* the entry again */ \
	ORQ  CX, R8; \
	MOVL $0, CX; \
	CMOVQNE CX, R14

// func touchBuckets(lines unsafe.Pointer, buckets *uint32, hashes *hashed, keys *Key, n int, in uint64, sockets *Handle, ahead unsafe.Pointer) (others uint64)
TEXT ·touchBuckets(SB), NOSPLIT, $0-72
	MOVQ lines+0(FP), DI
	MOVQ buckets+8(FP), SI
	MOVQ keys+24(FP), BX
	MOVQ sockets+48(FP), R9
	MOVQ $const_eachReference, R12
	MOVQ $const_eachPrint, R13
	XORL R10, R10                 // others
	XORL R11, R11                 // number of the lookup
bucket:
	MOVL (SI)(R11*4), AX
	MOVQ AX, R15
	SHLQ $6, R15
	ADDQ DI, R15                  // the own bucket
	HOLDS(BX, in+40(FP))
	MOVQ R14, (R9)(R11*8)
	MOVQ ahead+56(FP), DX
	TESTQ DX, DX
	JEQ  candidate
	MOVL R14, R14                 // the slot
	SHLQ $const_SocketShift, R14
	PREFETCHT0 (DX)(R14*1)
candidate:
	MOVQ hashes+16(FP), DX
	MOVQ (DX)(R11*8), CX          // the hash
	MOVL CX, R14
	ANDL $const_printMask, R14
	IMULQ R12, R14
	XORQ 56(R15), R14             // differ: of the displaced word
	XORL DX, DX
	SHRQ $16, CX                  // the tag
	CMPL CX, 4(R15)               // with that of the entry
	SETEQ DX
	MOVQ R14, CX
	ANDQ R13, CX
	MOVQ CX, R15
	SUBQ R12, R15
	ANDNQ R15, CX, R15
	MOVQ R12, CX
	SHLQ $15, CX
	ANDQ CX, R15                  // m
	TZCNTQ R15, CX
	ANDL $48, CX
	SHRXQ CX, R14, R14
	ANDL $const_wayMask, R14      // way
	XORL AX, R14                  // the candidate
	TESTQ R15, R15
	CMOVLEQ AX, R14
	TESTQ R8, R8
	CMOVLEQ AX, R14
	MOVL R14, (SI)(R11*4)
	SETNE CX
	SHLQ $6, R14
	PREFETCHT0 (DI)(R14*1)
	MOVBLZX CX, CX
	ORQ  DX, R15                  // 0 if there is no candidate
	MOVL $0, DX
	CMOVLEQ DX, CX
	SHLXQ R11, CX, CX
	ORQ  CX, R10
	ADDQ $40, BX
	INCQ R11
	CMPQ R11, n+32(FP)
	JLT  bucket
	VZEROUPPER
	MOVQ R10, others+64(FP)
	RET

// func compareBuckets(lines unsafe.Pointer, buckets *uint32, keys *Key, in uint64, sockets *Handle, which uint64, ahead unsafe.Pointer) (others uint64)
TEXT ·compareBuckets(SB), NOSPLIT, $0-64
	MOVQ lines+0(FP), DI
	MOVQ buckets+8(FP), SI
	MOVQ keys+16(FP), DX
	MOVQ in+24(FP), R9
	MOVQ sockets+32(FP), R13
	MOVQ which+40(FP), R12
	XORL R10, R10                 // others
next:
	TZCNTQ R12, R11               // number of the lookup
	JCS  done
	BLSRQ R12, R12
	MOVL (SI)(R11*4), R15
	SHLQ $6, R15
	ADDQ DI, R15
	LEAQ (R11)(R11*4), BX
	LEAQ (DX)(BX*8), BX           // the key
	HOLDS(BX, R9)
	MOVQ R14, (R13)(R11*8)
	MOVQ ahead+48(FP), CX
	TESTQ CX, CX
	JEQ  found
	MOVL R14, R14                 // the slot
	SHLQ $const_SocketShift, R14
	PREFETCHT0 (CX)(R14*1)
found:
	XORL CX, CX
	TESTQ R8, R8
	SETNE CX
	SHLXQ R11, CX, CX
	ORQ  CX, R10
	JMP  next
done:
	VZEROUPPER
	MOVQ R10, others+56(FP)
	RET
