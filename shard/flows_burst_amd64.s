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
	MOVQ directory_words(R14), R10
	MOVQ $const_avalanche, R15
	XORL R11, R11                 // number of the lookup
key:
	PREFETCHT0 (const_group*const_KeyBytes)(SI) // the key that is a group ahead
	IN(SI, R9, R8)
	HASH(SI, R8, R15)
	MOVQ AX, (DI)(R11*8)
	BUCKET(R10)
	MOVL CX, (BX)(R11*4)
	SHLQ $6, CX
	PREFETCHT0 (R12)(CX*1)
	ADDQ $40, SI
	INCQ R11
	CMPQ R11, R13
	JLT  key
	VZEROUPPER
	RET

// eachTop has the top bit of each reference.
DATA eachTop<>(SB)/8, $const_eachTop
GLOBL eachTop<>(SB), NOPTR|RODATA, $8

// HOLDS leaves in R8 0 if the bucket at R15 holds the key at k, and in R14 its handle, 0
// if it does not, and in e the entry. n is the namespace in a place of its own. It uses
// CX, Y0 and Y1.
#define HOLDS(k, n, e) \
	MOVQ (R15), e; \
	VMOVDQU (k), Y0; \
	VPCMPEQQ 8(R15), Y0, Y1; \
	VMOVMSKPD Y1, R8; \
	XORL $15, R8; \
	IN(k, n, R14); \
	XORQ 40(R15), R14; \
	ORQ  R14, R8; \
	CMPL e, $1;                        /* carry if there was no slot */ \
	SBBQ R14, R14; \
	ORQ  R14, R8; \
	MOVQ 48(R15), R14;                 /* the handle */ \
	MOVL (R15), CX;                    /* the slot again */ \
	XORL e, CX; \
	ORQ  CX, R8; \
	MOVL $0, CX; \
	CMOVQNE CX, R14

// SHOWN goes on after HOLDS with the entry in e, for packets: it adds to the bits of those
// whose flow shows the label asked for, and asks memory for the sockets of others. It
// uses CX, R14 and e.
#define SHOWN(e, asked, ahead, shown) \
	SHRQ $const_shownShift, e; \
	ANDL $const_shownMask, e; \
	MOVQ asked, CX; \
	XORL (CX)(R11*4), e; \
	ORQ  R8, e;                        /* 0 if the label is shown */ \
	MOVL R14, R14;                     /* the slot */ \
	XORL CX, CX; \
	TESTQ e, e; \
	CMOVLEQ e, R14;                    /* slot 0 is at hand */ \
	SETEQ CX; \
	SHLXQ R11, CX, CX; \
	ORQ  CX, shown; \
	SHLQ $const_SocketShift, R14; \
	MOVQ ahead, CX; \
	PREFETCHT0 (CX)(R14*1)

// func touchBuckets(lines unsafe.Pointer, buckets *uint32, hashes *hashed, keys *Key, n int, in uint64, sockets *Handle, ahead unsafe.Pointer, asked *uint32) (others, shown uint64)
TEXT ·touchBuckets(SB), NOSPLIT, $0-88
	MOVQ lines+0(FP), DI
	MOVQ buckets+8(FP), SI
	MOVQ keys+24(FP), BX
	MOVQ sockets+48(FP), R9
	MOVQ $const_eachReference, R12
	MOVQ $const_eachPrint, R13
	MOVQ $0, shown+80(FP)
	XORL R10, R10                 // others
	XORL R11, R11                 // number of the lookup
bucket:
	MOVL (SI)(R11*4), AX
	MOVQ AX, R15
	SHLQ $6, R15
	ADDQ DI, R15                  // the own bucket
	HOLDS(BX, in+40(FP), DX)
	MOVQ R14, (R9)(R11*8)
	CMPQ ahead+56(FP), $0
	JEQ  candidate
	SHOWN(DX, asked+64(FP), ahead+56(FP), shown+80(FP))
candidate:
	MOVQ hashes+16(FP), DX
	MOVL (DX)(R11*8), R14         // of the hash
	ANDL $const_printMask, R14
	IMULQ R12, R14
	XORQ 56(R15), R14             // differ: of the displaced word
	MOVQ R14, CX
	ANDQ R13, CX
	MOVQ CX, R15
	SUBQ R12, R15
	ANDNQ R15, CX, R15
	ANDQ eachTop<>(SB), R15       // m
	TZCNTQ R15, CX
	ANDL $48, CX
	SHRXQ CX, R14, R14
	ANDL $const_wayMask, R14      // way
	XORL AX, R14                  // the candidate
	XORL CX, CX
	XORL DX, DX
	TESTQ R15, R15
	CMOVLEQ AX, R14
	SETNE CX
	TESTQ R8, R8
	CMOVLEQ AX, R14
	CMOVLEQ DX, CX
	MOVL R14, (SI)(R11*4)
	SHLXQ R11, CX, CX
	ORQ  CX, R10
	SHLQ $6, R14
	PREFETCHT0 (DI)(R14*1)
	ADDQ $40, BX
	INCQ R11
	CMPQ R11, n+32(FP)
	JLT  bucket
	VZEROUPPER
	MOVQ R10, others+72(FP)
	RET

// func compareBuckets(lines unsafe.Pointer, buckets *uint32, keys *Key, in uint64, sockets *Handle, which uint64, ahead unsafe.Pointer, asked *uint32) (others, shown uint64)
TEXT ·compareBuckets(SB), NOSPLIT, $0-80
	MOVQ lines+0(FP), DI
	MOVQ buckets+8(FP), SI
	MOVQ keys+16(FP), DX
	MOVQ in+24(FP), R9
	MOVQ sockets+32(FP), R13
	MOVQ which+40(FP), R12
	MOVQ $0, shown+72(FP)
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
	HOLDS(BX, R9, AX)
	MOVQ R14, (R13)(R11*8)
	CMPQ ahead+48(FP), $0
	JEQ  found
	SHOWN(AX, asked+56(FP), ahead+48(FP), shown+72(FP))
found:
	XORL CX, CX
	TESTQ R8, R8
	SETNE CX
	SHLXQ R11, CX, CX
	ORQ  CX, R10
	JMP  next
done:
	VZEROUPPER
	MOVQ R10, others+64(FP)
	RET
