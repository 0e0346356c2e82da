/* SPDX-License-Identifier: MIT */
#include "bridge/ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bridge/frame.h"
#include "bridge/listen.h"
#include "sim/log.h"

#define CLIENTS 16
#define TABLES  5       /* one is our own */
#define RATES   8       /* events with a rate, by name */
#define BACKLOG 1048576 /* bytes that a client may leave unread before it is dropped */

struct client {
	struct ctl *ctl;
	struct loop_source *src; /* NULL: no client here */
	int fd;
	bool negotiated;
	struct frame frame;
	char *out; /* what the socket would not take yet */
	size_t len;
};

struct rate {
	struct ctl *ctl;
	const char *name;
	unsigned ms;
	json_t *pending;
	struct loop_source *timer; /* runs: one was sent */
};

struct ctl {
	struct loop *loop;
	const struct log *log;
	char *path;
	int fd;
	struct loop_source *listen;
	struct client *client[CLIENTS];
	struct {
		const struct ctl_command *commands;
		void *ctx;
	} table[TABLES];
	unsigned tables;
	struct rate rate[RATES];
};

json_t *ctl_fail(struct ctl_error *err, const char *class, const char *fmt, ...)
{
	va_list ap;

	err->class = class ? class : "GenericError";
	va_start(ap, fmt);
	vsnprintf(err->desc, sizeof(err->desc), fmt, ap);
	va_end(ap);
	return NULL;
}

/* --- sending -------------------------------------------------------------------------- */

static void drop_client(struct client *cl)
{
	struct ctl *ctl = cl->ctl;

	for (unsigned i = 0; i < CLIENTS; i++)
		if (ctl->client[i] == cl)
			ctl->client[i] = NULL;
	loop_drop(cl->src);
	close(cl->fd);
	free(cl->out);
	free(cl);
	loop_fd_events(ctl->listen, POLLIN);
}

/* What does not fit into the socket is kept. False: this client takes nothing any more. */
static bool send_text(struct client *cl, const char *text, size_t len)
{
	ssize_t n = cl->len ? 0 : send(cl->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	char *out;

	if (n < 0 && errno != EAGAIN)
		return true; /* gone: reading will tell */
	if (n < 0)
		n = 0;
	if ((size_t)n == len)
		return true;
	len -= (size_t)n;
	out = cl->len + len > BACKLOG ? NULL : realloc(cl->out, cl->len + len);
	if (!out)
		return false;
	memcpy(out + cl->len, text + n, len);
	cl->out = out;
	cl->len += len;
	loop_fd_events(cl->src, POLLIN | POLLOUT);
	return true;
}

/* A number too large for jansson travels as a string that begins with this control character. */
#define BIG_MARK  "\001"
#define BIG_BEGIN "\"\\u0001" /* what jansson makes of it */

json_t *ctl_u64(uint64_t val)
{
	return val <= INT64_MAX ? json_integer((json_int_t)val)
				: json_sprintf(BIG_MARK "%" PRIu64, val);
}

/* Digits behind such a mark and before the quote that closes it; 0: it is none. */
static size_t big_digits(const char *text, const char *at)
{
	size_t digits;

	if (strncmp(at, BIG_BEGIN, strlen(BIG_BEGIN)) || (at > text && at[-1] == '\\'))
		return 0;
	at += strlen(BIG_BEGIN);
	digits = strspn(at, "0123456789");
	return at[digits] == '"' ? digits : 0;
}

/* Takes quotes and mark off such strings, in place. */
static void unquote_big(char *text)
{
	char *to = strstr(text, BIG_BEGIN);

	for (const char *from = to; from && (*to = *from);) {
		size_t digits = big_digits(text, from);

		if (digits) {
			memmove(to, from + strlen(BIG_BEGIN), digits);
			to += digits;
			from += strlen(BIG_BEGIN) + digits + 1;
		} else {
			to++;
			from++;
		}
	}
}

static bool send_json(struct client *cl, json_t *msg)
{
	char *text = json_dumps(msg, 0);
	size_t len;
	bool ok = text != NULL;

	if (text)
		unquote_big(text);
	len = text ? strlen(text) : 0;

	if (ok) {
		text[len] = '\n'; /* in place of the end */
		ok = send_text(cl, text, len + 1);
	}
	free(text);
	json_decref(msg);
	return ok;
}

static void flush_client(struct client *cl)
{
	ssize_t n = send(cl->fd, cl->out, cl->len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0) {
		cl->len -= (size_t)n;
		memmove(cl->out, cl->out + n, cl->len);
	}
	if (!cl->len)
		loop_fd_events(cl->src, POLLIN);
}

/* --- events ----------------------------------------------------------------------------- */

/* Takes the event. */
static void tell(struct ctl *ctl, json_t *event)
{
	for (unsigned i = 0; i < CLIENTS; i++) {
		struct client *cl = ctl->client[i];

		if (cl && cl->negotiated && !send_json(cl, json_incref(event)))
			shutdown(cl->fd, SHUT_RDWR); /* dropped when the loop notices */
	}
	json_decref(event);
}

static void on_rate(void *ctx)
{
	struct rate *rate = ctx;
	json_t *event = rate->pending;

	rate->timer = NULL;
	rate->pending = NULL;
	if (!event)
		return;
	rate->timer = loop_timer(rate->ctl->loop, rate->ms, on_rate, rate);
	tell(rate->ctl, event);
}

static struct rate *find_rate(struct ctl *ctl, const char *name, unsigned ms)
{
	for (unsigned i = 0; i < RATES; i++) {
		struct rate *rate = &ctl->rate[i];

		if (!rate->name)
			*rate = (struct rate){ .ctl = ctl, .name = name, .ms = ms };
		if (!strcmp(rate->name, name))
			return rate;
	}
	return NULL;
}

void ctl_event(struct ctl *ctl, const char *name, json_t *data, unsigned rate_ms)
{
	struct rate *rate = rate_ms ? find_rate(ctl, name, rate_ms) : NULL;
	struct timespec now;
	json_t *event;

	clock_gettime(CLOCK_REALTIME, &now);
	event = json_pack("{s:{s:I, s:I}, s:s, s:o}", "timestamp", "seconds",
			  (json_int_t)now.tv_sec, "microseconds", (json_int_t)now.tv_nsec / 1000,
			  "event", name, "data", data);
	if (rate && rate->timer) {
		json_decref(rate->pending);
		rate->pending = event;
		return;
	}
	if (rate)
		rate->timer = loop_timer(ctl->loop, rate_ms, on_rate, rate);
	tell(ctl, event);
}

/* --- commands --------------------------------------------------------------------------- */

static bool fits(const json_t *val, char type)
{
	return type == '*' || (type == 'i' && json_is_integer(val)) ||
	       (type == 's' && json_is_string(val)) || (type == 'a' && json_is_array(val));
}

static const struct ctl_param *find_param(const struct ctl_command *cmd, const char *name)
{
	for (unsigned i = 0; i < CTL_PARAMS && cmd->param[i].name; i++)
		if (!strcmp(cmd->param[i].name, name))
			return &cmd->param[i];
	return NULL;
}

/* NULL and the error when the arguments are not the command's. */
static json_t *check_args(const struct ctl_command *cmd, json_t *args, struct ctl_error *err)
{
	const char *name;
	json_t *val;

	for (unsigned i = 0; i < CTL_PARAMS && cmd->param[i].name; i++) {
		const struct ctl_param *param = &cmd->param[i];

		val = json_object_get(args, param->name);
		if (!val && !param->optional)
			return ctl_fail(err, NULL, "Parameter '%s' is missing", param->name);
		if (val && !fits(val, param->type))
			return ctl_fail(err, NULL, "Invalid parameter type for '%s', expected: %s",
					param->name,
					param->type == 'i'   ? "integer"
					: param->type == 's' ? "string"
							     : "array");
	}
	json_object_foreach(args, name, val) if (!find_param(cmd, name)) return ctl_fail(
		err, NULL, "Parameter '%.80s' is unexpected", name);
	return args;
}

static json_t *call(struct client *cl, const char *name, json_t *args, struct ctl_error *err)
{
	struct ctl *ctl = cl->ctl;
	bool greet = !strcmp(name, "qmp_capabilities");

	if (!cl->negotiated && !greet)
		return ctl_fail(err, "CommandNotFound",
				"Expecting capabilities negotiation with 'qmp_capabilities'");
	if (cl->negotiated && greet)
		return ctl_fail(err, "CommandNotFound",
				"Capabilities negotiation is already complete, command ignored");
	for (unsigned t = 0; t < ctl->tables; t++)
		for (const struct ctl_command *cmd = ctl->table[t].commands; cmd->name; cmd++) {
			json_t *ret;

			if (strcmp(cmd->name, name))
				continue;
			if (!check_args(cmd, args, err))
				return NULL;
			ret = cmd->run(ctl->table[t].ctx, args, err);
			cl->negotiated = cl->negotiated || (greet && ret);
			return ret;
		}
	return ctl_fail(err, "CommandNotFound", "The command %.80s has not been found", name);
}

/* A whole request; the value under "return", or NULL and the error. */
static json_t *execute(struct client *cl, const json_t *req, struct ctl_error *err)
{
	const json_t *name = json_object_get(req, "execute");
	json_t *args = json_object_get(req, "arguments"), *none, *ret;
	const char *key;
	json_t *val;

	if (!json_is_object(req))
		return ctl_fail(err, NULL, "QMP input must be a JSON object");
	if (name && !json_is_string(name))
		return ctl_fail(err, NULL, "QMP input member 'execute' must be a string");
	if (args && !json_is_object(args))
		return ctl_fail(err, NULL, "QMP input member 'arguments' must be an object");
	json_object_foreach(
		(json_t *)req, key,
		val) if (strcmp(key, "execute") && strcmp(key, "arguments") &&
			 strcmp(key,
				"id")) return ctl_fail(err, NULL,
						       "QMP input member '%.80s' is unexpected",
						       key);
	if (!name)
		return ctl_fail(err, NULL, "QMP input lacks member 'execute'");
	none = json_object();
	ret = call(cl, json_string_value(name), args ? args : none, err);
	json_decref(none);
	return ret;
}

static bool on_request(struct client *cl, const char *text, size_t len)
{
	struct ctl_error err = { "GenericError", "" };
	json_error_t why;
	json_t *req = json_loadb(text, len, JSON_DECODE_ANY, &why), *ret = NULL, *msg;
	json_t *id = json_object_get(req, "id");

	if (!len)
		ctl_fail(&err, NULL, "JSON token size limit exceeded");
	else if (!req)
		ctl_fail(&err, NULL, "JSON parse error, %s", why.text);
	else
		ret = execute(cl, req, &err);
	msg = ret ? json_pack("{s:o}", "return", ret)
		  : json_pack("{s:{s:s, s:s}}", "error", "class", err.class, "desc", err.desc);
	if (id)
		json_object_set(msg, "id", id);
	json_decref(req);
	return send_json(cl, msg);
}

static json_t *qmp_capabilities(void *ctx, json_t *args, struct ctl_error *err)
{
	const json_t *enable = json_object_get(args, "enable");

	(void)ctx;
	if (json_array_size(enable))
		return ctl_fail(err, NULL, "Capability '%.80s' is not available",
				json_is_string(json_array_get(enable, 0))
					? json_string_value(json_array_get(enable, 0))
					: "?");
	return json_object();
}

static json_t *query_commands(void *ctx, json_t *args, struct ctl_error *err)
{
	struct ctl *ctl = ctx;
	json_t *list = json_array();

	(void)args;
	(void)err;
	for (unsigned t = 0; t < ctl->tables; t++)
		for (const struct ctl_command *cmd = ctl->table[t].commands; cmd->name; cmd++)
			json_array_append_new(list, json_pack("{s:s}", "name", cmd->name));
	return list;
}

static const struct ctl_command own_commands[] = {
	{ "qmp_capabilities", qmp_capabilities, { { "enable", 'a', true } } },
	{ "query-commands", query_commands, { { NULL, 0, false } } },
	{ NULL, NULL, { { NULL, 0, false } } },
};

/* --- connections ------------------------------------------------------------------------ */

static void on_client(void *ctx, short revents)
{
	struct client *cl = ctx;
	char buf[4096];
	ssize_t n;

	if (revents & POLLOUT && cl->len)
		flush_client(cl);
	n = recv(cl->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		drop_client(cl);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (!frame_byte(&cl->frame, buf[i]))
			continue;
		if (!on_request(cl, cl->frame.text, cl->frame.len)) {
			log_warn(cl->ctl->log, "control client dropped: it reads nothing");
			drop_client(cl);
			return;
		}
		cl->frame.len = 0;
	}
}

static struct client *add_client(struct ctl *ctl, int fd)
{
	struct client *cl = calloc(1, sizeof(*cl));

	if (!cl)
		return NULL;
	cl->ctl = ctl;
	cl->fd = fd;
	cl->src = loop_fd(ctl->loop, fd, POLLIN, on_client, cl);
	if (cl->src)
		return cl;
	free(cl);
	return NULL;
}

static void on_listen(void *ctx, short revents)
{
	struct ctl *ctl = ctx;
	unsigned at = 0;
	int fd;

	(void)revents;
	while (at < CLIENTS && ctl->client[at])
		at++;
	if (at == CLIENTS) { /* they wait until one goes */
		loop_fd_events(ctl->listen, 0);
		return;
	}
	fd = accept4(ctl->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	ctl->client[at] = add_client(ctl, fd);
	if (!ctl->client[at]) {
		close(fd);
		return;
	}
	send_json(ctl->client[at], json_pack("{s:{s:{s:{s:i, s:i, s:i}, s:s}, s:[]}}", "QMP",
					     "version", "qemu", "micro", 0, "minor", 0, "major", 0,
					     "package", "vcosim", "capabilities"));
}

void ctl_add(struct ctl *ctl, const struct ctl_command *commands, void *ctx)
{
	if (ctl->tables == TABLES)
		abort();
	ctl->table[ctl->tables].commands = commands;
	ctl->table[ctl->tables++].ctx = ctx;
}

int ctl_new(struct loop *loop, const char *path, const struct log *log, struct ctl **out)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	int err = -ENOMEM;

	*out = NULL;
	if (!ctl)
		return err;
	ctl->loop = loop;
	ctl->log = log;
	ctl->fd = -1;
	ctl->path = strdup(path);
	if (ctl->path)
		err = ctl->fd = listen_unix(path);
	if (ctl->fd >= 0)
		ctl->listen = loop_fd(loop, ctl->fd, POLLIN, on_listen, ctl);
	if (ctl->listen) {
		ctl_add(ctl, own_commands, ctl);
		*out = ctl;
		return 0;
	}
	log_err(log, "no control socket at %s: %s", path, strerror(err < 0 ? -err : ENOMEM));
	ctl_free(ctl);
	return err < 0 ? err : -ENOMEM;
}

void ctl_free(struct ctl *ctl)
{
	if (!ctl)
		return;
	for (unsigned i = 0; i < CLIENTS; i++)
		if (ctl->client[i])
			drop_client(ctl->client[i]);
	for (unsigned i = 0; i < RATES; i++) {
		if (ctl->rate[i].timer)
			loop_drop(ctl->rate[i].timer);
		json_decref(ctl->rate[i].pending);
	}
	if (ctl->listen)
		loop_drop(ctl->listen);
	if (ctl->fd >= 0) {
		close(ctl->fd);
		unlink(ctl->path);
	}
	free(ctl->path);
	free(ctl);
}
