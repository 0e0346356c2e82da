/* SPDX-License-Identifier: MIT */
#include "sim/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lines_read(const char *path, const struct lines_reader *reader)
{
	FILE *f = fopen(path, "re");
	char text[LINES_MAX];
	unsigned long n = 0;
	int err = 0, c;

	if (!f)
		return -errno;
	while (fgets(text, sizeof(text), f)) {
		size_t len = strlen(text);
		const char *what;

		n++;
		if (len && text[len - 1] == '\n') {
			text[--len] = '\0';
			if (len && text[len - 1] == '\r')
				text[len - 1] = '\0';
		} else if (len + 1 == sizeof(text)) {
			while ((c = getc(f)) != EOF && c != '\n')
				;
		}
		what = reader->line(reader->ctx, text);
		if (what)
			reader->oddity(reader->ctx, n, what);
	}
	if (ferror(f))
		err = -EIO;
	fclose(f);
	return err;
}

char *lines_word(char **at)
{
	char *word = *at + strspn(*at, " \t"), *end = word + strcspn(word, " \t");

	if (!*word)
		return NULL;
	*at = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

bool lines_number(const char *word, int base, uint64_t *val)
{
	char *end;

	if (!word || !*word || *word == '-' || *word == '+' || *word == ' ')
		return false;
	errno = 0;
	*val = strtoull(word, &end, base);
	return !*end && end != word && !errno;
}

bool lines_bdf(const char *word, uint32_t *bdf)
{
	unsigned domain, bus, dev, fn;
	int end = 0;

	if (sscanf(word, "%4x:%2x:%2x.%1x%n", &domain, &bus, &dev, &fn, &end) == 4 && !word[end]) {
		if (domain || dev > 31 || fn > 7)
			return false;
	} else if (end = 0, sscanf(word, "%2x:%2x.%1x%n", &bus, &dev, &fn, &end) != 3 ||
				    word[end] || dev > 31 || fn > 7) {
		return false;
	}
	*bdf = bus << 8 | dev << 3 | fn;
	return true;
}
