// What the lookups of flows have in common. All of it takes the directory in R14.

// IN is Key.in: it leaves in r the last word of the key that k points to, in the
// namespace that n has where that word has it.
#define IN(k, n, r) \
	MOVQ 32(k), r; \
	SHLQ $24, r; \
	SHRQ $24, r; \
	ORQ  n, r

// MIX leaves in AX what XXH3 makes of 16 bytes of a key, at lo and at hi. It uses DX.
#define MIX(lo, hi, n) \
	MOVQ lo, AX; \
	XORQ (mixer_words+16*n)(R14), AX; \
	MOVQ hi, DX; \
	XORQ (mixer_words+16*n+8)(R14), DX; \
	MULQ DX; \
	XORQ DX, AX

// HASH leaves in AX the hash of the key that k points to, but for the last word. It
// uses CX and DX.
#define HASH(k, last) \
	MIX(16(k), 24(k), 2); \
	MOVQ AX, CX; \
	MIX(8(k), 16(k), 3); \
	ADDQ AX, CX; \
	MIX(0(k), 8(k), 0); \
	ADDQ AX, CX; \
	MIX(24(k), last, 1); \
	ADDQ CX, AX; \
	ADDQ mixer_start(R14), AX; \
	MOVQ AX, CX; \
	SHRQ $37, CX; \
	XORQ CX, AX; \
	MOVQ $const_avalanche, CX; \
	IMULQ CX, AX; \
	MOVQ AX, CX; \
	SHRQ $32, CX; \
	XORQ CX, AX

// BUCKET leaves in CX the number of the own bucket for the hash in AX. It uses DX. A
// shift by 64, for a directory of one word, is one by 1 and one by 63.
#define BUCKET \
	MOVL directory_shift(R14), CX; \
	MOVQ AX, DX; \
	SHRQ $1, DX; \
	DECL CX; \
	SHRXQ CX, DX, DX; \
	MOVQ directory_words(R14), CX; \
	MOVL (CX)(DX*8), CX; \
	MOVL AX, DX; \
	ANDL $const_segmentMask, DX; \
	ADDL DX, CX
