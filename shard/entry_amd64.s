//go:build (linux || darwin) && !purego && !race

#include "go_asm.h"
#include "textflag.h"

// LINE puts into K a bit for each of the eight words at off(SI) that has the label
// in Z16; Z17 says where an entry has it. Registers above 15 leave nothing that
// would have to be cleaned up.
#define LINE(off, K) \
	VPXORQ off(SI), Z16, Z18 \
	VPTESTNMQ Z17, Z18, K

// func glance(ss *Sockets, s *Socket, generation, label uint32) Entry
TEXT ·glance(SB), NOSPLIT, $0-32
	CMPB ·hasAVX512(SB), $0
	JEQ  none
	MOVQ s+8(FP), SI
	MOVL generation+16(FP), CX
	MOVL label+20(FP), AX
	VPBROADCASTQ AX, Z16
	MOVL $const_entryLabel, BX
	VPBROADCASTQ BX, Z17
	MOVQ Socket_word(SI), DX
	MOVL DX, R9                   // the block
	SHRQ $const_classShift, DX
	MOVL DX, R8                   // the class, and more
	SHRQ $(const_socketGenShift-const_classShift), DX
	CMPQ DX, CX
	JNE  none
	TESTL R9, R9
	JEQ  own
	CMPL R9, $const_shut
	JEQ  none
	ANDL $const_classMask, R8
	MOVQ ss+0(FP), R10
	MOVQ Sockets_lines(R10)(R8*8), SI
	SHLQ $6, R9
	ADDQ R9, SI
	CMPL R8, $1
	JB   one
	JEQ  two
	MOVL $1, DX
	MOVL R8, CX
	SHLL CX, DX                   // lines
four:
	LINE(0, K1)
	LINE(64, K2)
	LINE(128, K3)
	LINE(192, K4)
	KUNPCKBW K1, K2, K1
	KUNPCKBW K3, K4, K3
	KUNPCKWD K1, K3, K1
	KMOVD K1, DI
	TZCNTL DI, DI
	JCC  there
	ADDQ $256, SI
	SUBL $4, DX
	JNZ  four
	JMP  none
two:
	LINE(0, K1)
	LINE(64, K2)
	KUNPCKBW K1, K2, K1
	KMOVW K1, DI
	TZCNTL DI, DI
	JCC  there
	JMP  none
own: // places beside the word, all in one line
	LINE(0, K1)
	KMOVB K1, DI
	ANDL $(((1<<const_ownEntries)-1)<<(Socket_own/8)), DI
	TZCNTL DI, DI
	JCC  there
	JMP  none
one:
	LINE(0, K1)
	KMOVB K1, DI
	TZCNTL DI, DI
	JCS  none
there:
	MOVQ (SI)(DI*8), CX
	ANDL CX, BX
	CMPL BX, AX
	JNE  none                     // one that was put elsewhere meanwhile
	MOVQ CX, ret+24(FP)
	RET
none:
	MOVQ $0, ret+24(FP)
	RET
