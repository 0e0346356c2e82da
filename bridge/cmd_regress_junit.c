/* SPDX-License-Identifier: MIT */
/* JUnit XML, as Jenkins and GitLab read it: tests/junit.xsd. A suite is a scenario. */
#include <errno.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <string.h>

#include "bridge/cmd_regress.h"

#define TAG(name) ((const xmlChar *)(name))

static const char *text_of(const json_t *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(entry, key));

	return text ? text : "";
}

/* How much of n bytes of UTF-8 is whole characters: text that was cut short may end in half a one.
 */
static size_t whole(const char *text, size_t n)
{
	size_t at = n;
	unsigned char lead;

	while (at && (text[at - 1] & 0xc0) == 0x80)
		at--;
	if (!at || !(text[at - 1] & 0x80))
		return n;
	lead = (unsigned char)text[--at];
	return n - at < (lead >= 0xf0 ? 4U : lead >= 0xe0 ? 3U : 2U) ? at : n;
}

/* XML has no place for most control characters, nor for U+FFFE and U+FFFF, not even quoted. */
static void plain(const char *text, char *out, size_t len)
{
	size_t n = 0;

	for (; *text && n + 1 < len; text++) {
		bool odd = !strncmp(text, "\xef\xbf\xbe", 3) || !strncmp(text, "\xef\xbf\xbf", 3);

		if (odd)
			text += 2;
		odd = odd || ((unsigned char)*text < ' ' && *text != '\n' && *text != '\t');
		out[n++] = odd ? '?' : *text;
	}
	out[whole(out, n)] = '\0';
}

static bool attribute(xmlTextWriterPtr w, const char *name, const char *text)
{
	char safe[1024];

	plain(text, safe, sizeof(safe));
	return xmlTextWriterWriteAttribute(w, TAG(name), TAG(safe)) >= 0;
}

static bool number(xmlTextWriterPtr w, const char *name, unsigned val)
{
	return xmlTextWriterWriteFormatAttribute(w, TAG(name), "%u", val) >= 0;
}

static bool seconds(xmlTextWriterPtr w, double val)
{
	return xmlTextWriterWriteFormatAttribute(w, TAG("time"), "%.3f", val) >= 0;
}

/* What a failure says to who opens it: how to bring it again, files, and as many verdicts as fit.
 */
static void details(const json_t *run, char *buf, size_t len)
{
	const json_t *verdicts = json_object_get(run, "verdicts");
	json_t *files = json_object_get(run, "files");
	size_t n = (size_t)snprintf(buf, len, "%s\nagain: %s\n", text_of(run, "reason"),
				    text_of(run, "command"));

	for (void *it = json_object_iter(files); it && n < len;
	     it = json_object_iter_next(files, it))
		n += (size_t)snprintf(buf + n, len - n, "%s: %s\n", json_object_iter_key(it),
				      json_string_value(json_object_iter_value(it)));
	for (size_t i = 0; i < json_array_size(verdicts) && n < len; i++) {
		const json_t *v = json_array_get(verdicts, i);
		json_int_t device = json_integer_value(json_object_get(v, "device"));
		char where[48] = "";

		if (device > 1)
			snprintf(where, sizeof(where), " of device %lld", (long long)device);
		n += (size_t)snprintf(
			buf + n, len - n, "%s %s %s at cycle %lld%s, %s: expected %s\n",
			text_of(v, "blame"), text_of(v, "level"), text_of(v, "clause"),
			(long long)json_integer_value(json_object_get(v, "cycle")), where,
			text_of(v, "event"), text_of(v, "expected"));
	}
}

/* Jenkins and GitLab know no more kinds than these; flaky and late ones are failures to both. */
static const char *kind(enum regress_status status)
{
	switch (status) {
	case REGRESS_PASSED:
		return NULL;
	case REGRESS_SKIPPED:
		return "skipped";
	case REGRESS_ERROR:
		return "error";
	default:
		return "failure";
	}
}

static bool outcome(xmlTextWriterPtr w, const json_t *run)
{
	enum regress_status status = regress_status(run);
	const char *tag = kind(status);
	char text[8192], safe[8192];

	if (!tag)
		return true;
	if (xmlTextWriterStartElement(w, TAG(tag)) < 0 ||
	    !attribute(w, "message", text_of(run, "reason")))
		return false;
	if (status != REGRESS_SKIPPED) {
		details(run, text, sizeof(text));
		plain(text, safe, sizeof(safe));
		if (!attribute(w, "type", regress_status_name(status)) ||
		    xmlTextWriterWriteString(w, TAG(safe)) < 0)
			return false;
	}
	return xmlTextWriterEndElement(w) >= 0;
}

static bool testcase(xmlTextWriterPtr w, const json_t *run)
{
	char class[SCENE_TEXT + 16];

	snprintf(class, sizeof(class), "vcosim.%s", text_of(run, "scenario"));
	return xmlTextWriterStartElement(w, TAG("testcase")) >= 0 &&
	       attribute(w, "classname", class) && attribute(w, "name", text_of(run, "id")) &&
	       attribute(w, "file", text_of(run, "file")) &&
	       seconds(w, json_real_value(json_object_get(run, "seconds"))) && outcome(w, run) &&
	       xmlTextWriterEndElement(w) >= 0;
}

struct sum {
	unsigned tests, failures, errors, skipped;
	double seconds;
};

static void add(struct sum *sum, const json_t *run)
{
	const char *tag = kind(regress_status(run));

	sum->tests++;
	sum->failures += tag && !strcmp(tag, "failure");
	sum->errors += tag && !strcmp(tag, "error");
	sum->skipped += tag && !strcmp(tag, "skipped");
	sum->seconds += json_real_value(json_object_get(run, "seconds"));
}

static bool sums(xmlTextWriterPtr w, const struct sum *sum)
{
	return number(w, "tests", sum->tests) && number(w, "failures", sum->failures) &&
	       number(w, "errors", sum->errors) && number(w, "skipped", sum->skipped) &&
	       seconds(w, sum->seconds);
}

/* From run `at` on, those of one scenario: they are neighbours. Returns the next one's, 0: failed.
 */
static size_t suite(xmlTextWriterPtr w, const json_t *results, const json_t *runs, size_t at)
{
	const char *name = text_of(json_array_get(runs, at), "scenario");
	char stamp[32];
	struct sum sum = { 0 };
	size_t end = at;

	for (; end < json_array_size(runs); end++) {
		const json_t *run = json_array_get(runs, end);

		if (strcmp(text_of(run, "scenario"), name))
			break;
		add(&sum, run);
	}
	snprintf(stamp, sizeof(stamp), "%.19s", text_of(results, "started")); /* without its Z */
	if (xmlTextWriterStartElement(w, TAG("testsuite")) < 0 || !attribute(w, "name", name) ||
	    !attribute(w, "timestamp", stamp) || !sums(w, &sum))
		return 0;
	for (; at < end; at++)
		if (!testcase(w, json_array_get(runs, at)))
			return 0;
	return xmlTextWriterEndElement(w) < 0 ? 0 : end;
}

static bool document(xmlTextWriterPtr w, const json_t *results)
{
	const json_t *runs = json_object_get(results, "runs");
	struct sum sum = { 0 };

	for (size_t i = 0; i < json_array_size(runs); i++)
		add(&sum, json_array_get(runs, i));
	if (xmlTextWriterSetIndent(w, 1) < 0 ||
	    xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL) < 0 ||
	    xmlTextWriterStartElement(w, TAG("testsuites")) < 0 ||
	    !attribute(w, "name", text_of(results, "name")) || !sums(w, &sum))
		return false;
	for (size_t at = 0; at < json_array_size(runs);) {
		at = suite(w, results, runs, at);
		if (!at)
			return false;
	}
	return xmlTextWriterEndDocument(w) >= 0 && xmlTextWriterFlush(w) >= 0;
}

int regress_junit(const json_t *results, const char *path)
{
	xmlBufferPtr text = xmlBufferCreate(); /* libxml2 does not say that a disk is full */
	xmlTextWriterPtr w = text ? xmlNewTextWriterMemory(text, 0) : NULL;
	int err = w && document(w, results) ? 0 : -ENOMEM;

	if (w)
		xmlFreeTextWriter(w);
	if (!err)
		err = regress_write_text(path, (const char *)xmlBufferContent(text));
	if (text)
		xmlBufferFree(text);
	return err ? regress_no(path, strerror(-err)) : 0;
}
