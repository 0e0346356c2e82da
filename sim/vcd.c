/* SPDX-License-Identifier: MIT */
#include "sim/vcd.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOKEN_MAX 4096
#define DEPTH_MAX 64 /* nested scopes */

struct wanted {
	uint64_t id;
	unsigned slot;
};

struct vcd {
	FILE *from;
	pid_t child; /* fst2vcd, or 0 */
	unsigned line;
	char token[TOKEN_MAX];

	struct vcd_var *var;
	unsigned nvar, cap;
	char scope[TOKEN_MAX];      /* "tb.dut." */
	size_t scope_at[DEPTH_MAX]; /* its length before each scope that is open */
	unsigned depth;

	struct wanted *wanted; /* by id */
	unsigned nwanted;
	unsigned at, left; /* wanted that the last change is still to be told to */
	struct vcd_change change;
};

static int fail(const struct vcd *vcd, char why[VCD_WHY], const char *what)
{
	snprintf(why, VCD_WHY, "line %u: %s", vcd->line, what);
	return -EBADMSG;
}

/* --- tokens ------------------------------------------------------------------------------ */

static bool is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next word into vcd->token: its length, 0 at the end, or -errno. */
static int next_token(struct vcd *vcd, char why[VCD_WHY])
{
	int n = 0, c;

	while ((c = getc_unlocked(vcd->from)) != EOF && is_space(c))
		vcd->line += c == '\n';
	for (; c != EOF && !is_space(c); c = getc_unlocked(vcd->from)) {
		if (n == TOKEN_MAX - 1)
			return fail(vcd, why, "a word of more than 4095 characters");
		if (!c)
			return fail(vcd, why, "a zero byte: this is no text");
		vcd->token[n++] = (char)c;
	}
	if (c == '\n')
		ungetc(c, vcd->from); /* counted with the next word */
	vcd->token[n] = '\0';
	return n;
}

/* As next_token, but the file must not end here. */
static int need_token(struct vcd *vcd, const char *expected, char why[VCD_WHY])
{
	int n = next_token(vcd, why);

	if (n)
		return n < 0 ? n : 0;
	snprintf(why, VCD_WHY, "line %u: the file ends; expected %s", vcd->line, expected);
	return -EBADMSG;
}

static int skip_to_end(struct vcd *vcd, char why[VCD_WHY])
{
	int err;

	do
		err = need_token(vcd, "$end", why);
	while (!err && strcmp(vcd->token, "$end"));
	return err;
}

/* An identifier code of up to 8 characters as a number. */
static int take_id(const struct vcd *vcd, const char *code, uint64_t *id, char why[VCD_WHY])
{
	size_t len = strlen(code);

	*id = 0;
	if (!len || len > sizeof(*id))
		return fail(vcd, why, "an identifier code of 1 to 8 characters expected");
	memcpy(id, code, len);
	return 0;
}

/* --- declarations ------------------------------------------------------------------------ */

static int open_scope(struct vcd *vcd, char why[VCD_WHY])
{
	size_t len = strlen(vcd->scope);
	int err = need_token(vcd, "a kind of scope", why);

	if (!err)
		err = need_token(vcd, "the name of a scope", why);
	if (err)
		return err;
	if (vcd->depth == DEPTH_MAX || len + strlen(vcd->token) + 2 > sizeof(vcd->scope))
		return fail(vcd, why, "scopes are nested too deep");
	vcd->scope_at[vcd->depth++] = len;
	snprintf(vcd->scope + len, sizeof(vcd->scope) - len, "%s.", vcd->token);
	return skip_to_end(vcd, why);
}

static int close_scope(struct vcd *vcd, char why[VCD_WHY])
{
	if (!vcd->depth)
		return fail(vcd, why, "$upscope without a $scope");
	vcd->scope[vcd->scope_at[--vcd->depth]] = '\0';
	return skip_to_end(vcd, why);
}

static int add_var(struct vcd *vcd, uint64_t id, unsigned width, const char *name)
{
	size_t len = strlen(vcd->scope) + strlen(name) + 1;
	struct vcd_var *var;

	if (vcd->nvar == vcd->cap) {
		unsigned cap = vcd->cap ? 2 * vcd->cap : 256;

		var = realloc(vcd->var, cap * sizeof(*var));
		if (!var)
			return -ENOMEM;
		vcd->var = var;
		vcd->cap = cap;
	}
	var = &vcd->var[vcd->nvar];
	*var = (struct vcd_var){ .name = malloc(len), .width = width, .id = id };
	if (!var->name)
		return -ENOMEM;
	snprintf(var->name, len, "%s%s", vcd->scope, name);
	vcd->nvar++;
	return 0;
}

/* $var wire 8 ! data [7:0] $end */
static int declare(struct vcd *vcd, char why[VCD_WHY])
{
	unsigned long width;
	uint64_t id;
	char *end;
	int err = need_token(vcd, "a kind of variable", why);

	if (!err)
		err = need_token(vcd, "a number of bits", why);
	if (err)
		return err;
	width = strtoul(vcd->token, &end, 10);
	if (*end || !width || width > 1u << 20)
		return fail(vcd, why, "a number of bits expected after $var and its kind");
	err = need_token(vcd, "an identifier code", why);
	if (!err)
		err = take_id(vcd, vcd->token, &id, why);
	if (!err)
		err = need_token(vcd, "a name", why);
	if (err)
		return err;
	if (vcd->token[0] != '\\') /* an escaped name may hold brackets of its own */
		vcd->token[strcspn(vcd->token, "[")] = '\0';
	if (!vcd->token[0])
		return fail(vcd, why, "a name expected before its range");
	err = add_var(vcd, id, (unsigned)width, vcd->token);
	return err ? err : skip_to_end(vcd, why);
}

static int read_declarations(struct vcd *vcd, char why[VCD_WHY])
{
	for (;;) {
		int err = need_token(vcd, "$enddefinitions", why);

		if (err)
			return err;
		if (vcd->token[0] != '$')
			return fail(vcd, why, "a declaration like $scope or $var expected");
		if (!strcmp(vcd->token, "$enddefinitions"))
			return skip_to_end(vcd, why);
		if (!strcmp(vcd->token, "$scope"))
			err = open_scope(vcd, why);
		else if (!strcmp(vcd->token, "$upscope"))
			err = close_scope(vcd, why);
		else if (!strcmp(vcd->token, "$var"))
			err = declare(vcd, why);
		else
			err = skip_to_end(vcd, why); /* $date, $version, $timescale, .. */
		if (err)
			return err;
	}
}

/* --- opening ------------------------------------------------------------------------------- */

static bool is_fst(const char *path)
{
	size_t len = strlen(path);

	return len > 4 && !strcmp(path + len - 4, ".fst");
}

/* fst2vcd's output, read from a pipe. */
static int open_fst(struct vcd *vcd, const char *path)
{
	int fd[2];

	if (access(path, R_OK) || pipe(fd))
		return -errno;
	vcd->child = fork();
	if (!vcd->child) {
		dup2(fd[1], STDOUT_FILENO);
		close(fd[0]);
		close(fd[1]);
		execlp("fst2vcd", "fst2vcd", "-f", path, (char *)NULL);
		_exit(127);
	}
	close(fd[1]);
	if (vcd->child > 0)
		vcd->from = fdopen(fd[0], "r");
	if (!vcd->from)
		close(fd[0]);
	return vcd->from ? 0 : -ENOMEM;
}

int vcd_open(const char *path, struct vcd **out, char why[VCD_WHY])
{
	struct vcd *vcd = calloc(1, sizeof(*vcd));
	int err = vcd ? 0 : -ENOMEM;

	*out = NULL;
	if (vcd && is_fst(path))
		err = open_fst(vcd, path);
	else if (vcd && !(vcd->from = fopen(path, "r")))
		err = -errno;
	if (err) {
		snprintf(why, VCD_WHY, "%s", strerror(-err));
	} else {
		vcd->line = 1;
		err = read_declarations(vcd, why);
		if (err == -ENOMEM)
			snprintf(why, VCD_WHY, "%s", strerror(ENOMEM));
	}
	if (err && vcd && vcd->child && feof(vcd->from) && !vcd->nvar)
		snprintf(why, VCD_WHY,
			 "fst2vcd (Debian's gtkwave) cannot read it, or is not there");
	if (err)
		vcd_close(vcd);
	else
		*out = vcd;
	return err;
}

void vcd_close(struct vcd *vcd)
{
	if (!vcd)
		return;
	if (vcd->from)
		fclose(vcd->from);
	if (vcd->child > 0) {
		kill(vcd->child, SIGTERM);
		waitpid(vcd->child, NULL, 0);
	}
	for (unsigned i = 0; i < vcd->nvar; i++)
		free(vcd->var[i].name);
	free(vcd->var);
	free(vcd->wanted);
	free(vcd);
}

const struct vcd_var *vcd_var(const struct vcd *vcd, unsigned n)
{
	return n < vcd->nvar ? &vcd->var[n] : NULL;
}

/* --- changes ------------------------------------------------------------------------------- */

int vcd_want(struct vcd *vcd, const struct vcd_var *var, unsigned slot)
{
	struct wanted *more = realloc(vcd->wanted, (vcd->nwanted + 1) * sizeof(*more));
	unsigned at;

	if (!more)
		return -ENOMEM;
	vcd->wanted = more;
	for (at = vcd->nwanted++; at && more[at - 1].id > var->id; at--)
		more[at] = more[at - 1];
	more[at] = (struct wanted){ .id = var->id, .slot = slot };
	return 0;
}

/* The first wanted with this id, and how many: all are the same signal. */
static void find(struct vcd *vcd, uint64_t id)
{
	unsigned lo = 0, hi = vcd->nwanted;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (vcd->wanted[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	vcd->at = lo;
	for (vcd->left = 0; lo + vcd->left < vcd->nwanted; vcd->left++)
		if (vcd->wanted[lo + vcd->left].id != id)
			break;
}

/* Digits of a vector, leftmost first; the low 64 bits of wider ones. */
static int take_bits(const struct vcd *vcd, const char *digits, uint64_t *val, char why[VCD_WHY])
{
	*val = 0;
	for (; *digits; digits++) {
		if (!strchr("01xXzZ", *digits))
			return fail(vcd, why, "a value of 0, 1, x and z expected");
		*val = *val << 1 | (*digits == '1');
	}
	return 0;
}

static int take_time(struct vcd *vcd, char why[VCD_WHY])
{
	char *end;
	uint64_t time = strtoull(vcd->token + 1, &end, 10);

	if (*end || end == vcd->token + 1)
		return fail(vcd, why, "a time expected after '#'");
	if (time < vcd->change.time)
		return fail(vcd, why, "time goes backwards");
	vcd->change.time = time;
	return 0;
}

/* "b0101 !": the value is in the token, the identifier code comes. */
static int take_vector(struct vcd *vcd, char why[VCD_WHY])
{
	bool bits = vcd->token[0] == 'b' || vcd->token[0] == 'B';
	uint64_t id;
	int err = bits ? take_bits(vcd, vcd->token + 1, &vcd->change.val, why) : 0;

	if (!err)
		err = need_token(vcd, "an identifier code", why);
	if (!err)
		err = take_id(vcd, vcd->token, &id, why);
	if (!err && bits)
		find(vcd, id);
	return err;
}

/* "1!" */
static int take_scalar(struct vcd *vcd, char why[VCD_WHY])
{
	uint64_t id;
	int err = take_id(vcd, vcd->token + 1, &id, why);

	vcd->change.val = vcd->token[0] == '1';
	if (!err)
		find(vcd, id);
	return err;
}

static int take_token(struct vcd *vcd, char why[VCD_WHY])
{
	switch (vcd->token[0]) {
	case '#':
		return take_time(vcd, why);
	case '0':
	case '1':
	case 'x':
	case 'X':
	case 'z':
	case 'Z':
		return take_scalar(vcd, why);
	case 'b':
	case 'B':
	case 'r':
	case 'R':
	case 's':
	case 'S':
		return take_vector(vcd, why);
	case '$':
		if (!strcmp(vcd->token, "$comment"))
			return skip_to_end(vcd, why);
		return 0; /* $dumpvars, $dumpon, .. and their $end: values follow as ever */
	default:
		return fail(vcd, why, "a time, or a value and an identifier code expected");
	}
}

int vcd_next(struct vcd *vcd, struct vcd_change *change, char why[VCD_WHY])
{
	while (!vcd->left) {
		int got = next_token(vcd, why), err = got > 0 ? take_token(vcd, why) : 0;

		if (err || got <= 0)
			return err ? err : got;
	}
	vcd->left--;
	vcd->change.slot = vcd->wanted[vcd->at++].slot;
	*change = vcd->change;
	return 1;
}
