//go:build (linux || darwin) && !purego && !race && !invariants

#include "go_asm.h"
#include "textflag.h"

// LABELS puts into R a bit for each of the sixteen times four bytes at off(SI) that are the
// label in X0: what one comparison does with AVX-512. It overwrites X1 to X4.
#define LABELS(off, R) \
	VPCMPEQD off(SI), X0, X1      \
	VPCMPEQD off+16(SI), X0, X2   \
	VPCMPEQD off+32(SI), X0, X3   \
	VPCMPEQD off+48(SI), X0, X4   \
	VPACKSSDW X2, X1, X1          \
	VPACKSSDW X4, X3, X3          \
	VPACKSSWB X3, X1, X1          \
	VPMOVMSKB X1, R

// func verdict(s Socket, label Label) Verdict
//
// Where the socket is open and its list has the label, for a lease without headers, the
// verdict is Allowed whatever the policy and the protocol; so it is for label 0. All
// else say verdictOrdered and verdictPlain, which find their arguments, and leave their
// result, where they are.
//
// A label fills the lower half of such an entry alone, so that halves are compared.
// Registers above 15 leave nothing that would have to be cleaned up, and neither do the
// halves of the others that are used here.
TEXT ·verdict(SB), NOSPLIT, $0-33
	MOVQ s_slot+8(FP), SI
	TESTQ SI, SI
	JEQ  plain
	MOVL label+24(FP), AX
	CMPL AX, $const_MaxLabel
	JHI  plain
	MOVL s_generation+20(FP), CX
	SHLQ $const_generationShift, CX
	XORQ const_socketWord(SI), CX // 0: open, and without a block
	JNE  block
	CMPL AX, const_socketOwn(SI)  // as Socket.First
	JNE  own
	MOVB $const_Allowed, ret+32(FP)
	RET
own: // places beside the word, all in one line
	CMPB ·hasAVX512(SB), $0
	JEQ  ownX
	VPBROADCASTD AX, Z16
	VPCMPEQD (SI), Z16, K1
	KMOVW K1, BX
	ANDL $const_ownLabels, BX
	TZCNTL BX, BX
	JCC  there
	JMP  ordered
block:
	MOVL CX, BX                   // the block
	SHRQ $const_classShift, CX    // the class, if the generation is the same
	CMPQ CX, $const_classes
	JCC  plain
	CMPL BX, $const_blockShut
	JEQ  plain
	MOVQ s_ns+0(FP), DI
	MOVQ Namespace_sockets(DI), DI
	MOVQ const_socketsLines(DI)(CX*8), SI
	SHLQ $6, BX
	ADDQ BX, SI
	CMPB ·hasAVX512(SB), $0
	JEQ  blockX
	VPBROADCASTD AX, Z16
	VPCMPEQD (SI), Z16, K1
	CMPL CX, $1
	JCC  two
	KMOVW K1, BX
	ANDL $const_eachLabel, BX
	TZCNTL BX, BX
	JCS  ordered
there:
	CMPL AX, (SI)(BX*4)
	JNE  plain                    // it was put meanwhile
	MOVB $const_Allowed, ret+32(FP)
	RET
two: // lines, or more
	VPCMPEQD 64(SI), Z16, K2
	JNE  more
	KUNPCKWD K1, K2, K1
	KMOVD K1, BX
	ANDL $(const_eachLabel<<16 | const_eachLabel), BX
	TZCNTL BX, BX
	JCC  there
	JMP  ordered
more:
	MOVQ $(const_eachLabel<<48 | const_eachLabel<<32 | const_eachLabel<<16 | const_eachLabel), DI
	MOVL $1, DX
	SHLXL CX, DX, DX              // lines
four:
	VPCMPEQD 128(SI), Z16, K3
	VPCMPEQD 192(SI), Z16, K4
	KUNPCKWD K1, K2, K1
	KUNPCKWD K3, K4, K3
	KUNPCKDQ K1, K3, K1
	KMOVQ K1, BX
	ANDQ DI, BX
	TZCNTQ BX, BX
	JCC  there
	SUBL $4, DX
	JEQ  ordered
	ADDQ $256, SI
	VPCMPEQD (SI), Z16, K1
	VPCMPEQD 64(SI), Z16, K2
	JMP  four
ownX: // without AVX-512
	CMPB ·hasAVX(SB), $0
	JEQ  plain
	VMOVD AX, X0
	VPSHUFD $0, X0, X0
	LABELS(0, BX)
	ANDL $const_ownLabels, BX
	TZCNTL BX, BX
	JCC  there
	JMP  ordered
blockX:
	CMPB ·hasAVX(SB), $0
	JEQ  plain
	VMOVD AX, X0
	VPSHUFD $0, X0, X0
	LABELS(0, BX)
	TESTL CX, CX
	JNE  twoX
	ANDL $const_eachLabel, BX
	TZCNTL BX, BX
	JCC  there
	JMP  ordered
twoX:
	LABELS(64, R8)
	SHLQ $16, R8
	ORQ  R8, BX
	CMPL CX, $1
	JNE  moreX
	ANDL $(const_eachLabel<<16 | const_eachLabel), BX
	TZCNTL BX, BX
	JCC  there
	JMP  ordered
moreX:
	MOVQ $(const_eachLabel<<48 | const_eachLabel<<32 | const_eachLabel<<16 | const_eachLabel), DI
	MOVL $1, DX
	SHLXL CX, DX, DX              // lines
fourX:
	LABELS(128, R9)
	LABELS(192, R10)
	SHLQ $32, R9
	SHLQ $48, R10
	ORQ  R9, BX
	ORQ  R10, BX
	ANDQ DI, BX
	TZCNTQ BX, BX
	JCC  there
	SUBL $4, DX
	JEQ  ordered
	ADDQ $256, SI
	LABELS(0, BX)
	LABELS(64, R8)
	SHLQ $16, R8
	ORQ  R8, BX
	JMP  fourX
ordered:
	JMP  ·verdictOrdered(SB)
plain:
	JMP  ·verdictPlain(SB)

// func verdictOrdered(s Socket, label Label) Verdict
//
// Where the policy is to enforce, then the list has not the label, with headers or without,
// and the socket is open and no Ping one, the verdict is Refused. All else says verdictPlain.
TEXT ·verdictOrdered(SB), NOSPLIT, $0-33
	CMPB ·hasAVX(SB), $0
	JEQ  plain
	MOVL label+24(FP), AX
	TESTL AX, AX
	JEQ  plain
	MOVQ s_ns+0(FP), DI
	CMPL Namespace_policy(DI), $const_policyEnforced
	JNE  plain
	MOVQ s_slot+8(FP), SI
	MOVL s_generation+20(FP), CX
	SHLQ $const_generationShift, CX
	XORQ const_socketWord(SI), CX
	MOVL $const_entryHeaders, BX
	VMOVD BX, X7                  // with this the entry is to be as X0
	ORL  AX, BX
	VMOVD BX, X0
	VPSHUFD $0, X7, X7
	VPSHUFD $0, X0, X0
	TESTQ CX, CX
	JNE  lines
	VMOVQ const_socketOwn(SI), X1 // the first, and a place that is empty
	VMOVDQA const_socketOwn+8(SI), X2
	VMOVDQA const_socketOwn+24(SI), X3
	VPOR X7, X1, X1
	VPOR X7, X2, X2
	VPOR X7, X3, X3
	VPCMPEQD X1, X0, X1
	VPCMPEQD X2, X0, X2
	VPCMPEQD X3, X0, X3
	VPOR X2, X1, X1
	VPOR X3, X1, X1
	JMP  looked
lines:
	MOVL CX, BX
	SHRQ $const_classShift, CX
	CMPQ CX, $const_classes
	JCC  plain
	CMPL BX, $const_blockShut
	JEQ  plain
	MOVQ Namespace_sockets(DI), DI
	MOVQ const_socketsLines(DI)(CX*8), SI
	SHLQ $6, BX
	ADDQ BX, SI
	MOVL $1, DX
	SHLXL CX, DX, DX
	VPXOR X1, X1, X1
line:
	VMOVDQA (SI), X2
	VMOVDQA 16(SI), X3
	VMOVDQA 32(SI), X4
	VMOVDQA 48(SI), X5
	VPOR X7, X2, X2
	VPOR X7, X3, X3
	VPOR X7, X4, X4
	VPOR X7, X5, X5
	VPCMPEQD X2, X0, X2
	VPCMPEQD X3, X0, X3
	VPCMPEQD X4, X0, X4
	VPCMPEQD X5, X0, X5
	VPOR X2, X3, X2
	VPOR X4, X5, X4
	VPOR X2, X1, X1
	VPOR X4, X1, X1
	ADDQ $64, SI
	DECL DX
	JNE  line
looked:
	VPSLLQ $32, X1, X1            // the lower halves of entries
	VPTEST X1, X1
	JNE  plain                    // it has headers, or was put elsewhere meanwhile
	MOVQ s_slot+8(FP), SI
	CMPB const_socketProtocol(SI), $const_Ping
	JEQ  plain
	MOVB $const_Refused, ret+32(FP)
	RET
plain:
	JMP  ·verdictPlain(SB)
