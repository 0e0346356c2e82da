/* SPDX-License-Identifier: MIT */
/* Entry by a multiboot loader (Multiboot 0.6.96, 3.1 and 3.2): 32-bit, flat, no paging. */
#define MAGIC 0x1badb002
#define FLAGS 0x00000003 /* modules on page boundaries, memory sizes wanted */

	.section .multiboot, "a"
	.balign	4
	.long	MAGIC
	.long	FLAGS
	.long	-(MAGIC + FLAGS)

	.text
	.globl	start
start:
	movl	$stack_top, %esp
	pushl	%ebx		/* the multiboot information */
	pushl	%eax		/* the loader's magic number */
	call	metal_main
1:	cli
	hlt
	jmp	1b

	.bss
	.balign	16
	.skip	16384
stack_top:

	.section .note.GNU-stack, "", @progbits
