// What the lookups of flows have in common. All of it takes the directory in R14.

// IN leaves in r the last word of the key that k points to, in the namespace that n has
// where that word has it. See Flows.FindIn for what the key itself may name.
#define IN(k, n, r) \
	MOVQ 32(k), r; \
	ORQ  n, r

// MIX adds to CX what XXH3 makes of 16 bytes of a key, mixed with the seed's words
// already, in AX and in DX.
#define MIX \
	MULQ DX; \
	XORQ DX, AX; \
	ADDQ AX, CX

// HASH leaves in AX the hash of the key that k points to, but for the last word, and in
// Y0 the first four words. factor has avalanche. It uses CX, DX, Y1 and Y2.
#define HASH(k, last, factor) \
	VMOVDQU (k), Y0; \
	VPXOR mixer_ends(R14), Y0, Y1; \
	VPXOR mixer_middle(R14), Y0, Y2; \
	MOVQ $const_mixerStart, CX; \
	VMOVQ X1, AX; \
	VPEXTRQ $1, X1, DX; \
	MIX; \
	VEXTRACTI128 $1, Y1, X1; \
	VMOVQ X1, AX; \
	VPEXTRQ $1, X1, DX; \
	MIX; \
	VPEXTRQ $1, X2, AX; \
	VEXTRACTI128 $1, Y2, X2; \
	VMOVQ X2, DX; \
	MIX; \
	VPEXTRQ $1, X2, AX; \
	MOVQ last, DX; \
	XORQ mixer_middle(R14), DX; \
	MIX; \
	MOVQ CX, AX; \
	SHRQ $37, CX; \
	XORQ CX, AX; \
	IMULQ factor, AX; \
	MOVQ AX, CX; \
	SHRQ $32, CX; \
	XORQ CX, AX

// BUCKET leaves in CX the number of the own bucket for the hash in AX; words has those of
// the directory. It uses DX.
#define BUCKET(words) \
	MOVL directory_shift(R14), CX; \
	SHRXQ CX, AX, DX; \
	MOVL (words)(DX*8), CX; \
	MOVL AX, DX; \
	ANDL $const_segmentMask, DX; \
	ADDL DX, CX
