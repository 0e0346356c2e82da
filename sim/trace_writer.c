/* SPDX-License-Identifier: MIT */
#include "sim/trace_writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define BEHIND_MAX 32 /* chunks that may wait: some MiB */

struct chunk {
	struct chunk *next;
	struct trace_head head; /* goes to the file, with the payload behind it */
	uint8_t payload[];
};

_Static_assert(offsetof(struct chunk, payload) ==
		       offsetof(struct chunk, head) + sizeof(struct trace_head),
	       "head and payload are one");

struct trace_writer {
	pthread_t thread;
	pthread_mutex_t lock; /* of these, but for what the thread alone has */
	pthread_cond_t more, less;
	struct chunk *first, **last;
	unsigned behind; /* chunks in the list, and the one that is being written */
	bool end;
	int err;

	/* The thread's. */
	int fd;
	ZSTD_CCtx *zstd;
	uint64_t size; /* of the file: whole chunks */
	uint32_t number;
	void *out;
	size_t room;
};

/* All of it or nothing: what a full disk took of it is cut off again. 0 or -errno. */
static int put(struct trace_writer *w, const void *buf, size_t len)
{
	const char *at = buf;
	size_t left = len;

	while (left) {
		ssize_t n = write(w->fd, at, left);
		int err = n ? -errno : -EIO;

		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0) {
			at += n;
			left -= (size_t)n;
			continue;
		}
		if (left != len && ftruncate(w->fd, (off_t)w->size))
			return err; /* a reader copes with half a chunk, too */
		return err;
	}
	w->size += len;
	return 0;
}

static int put_chunk(struct trace_writer *w, struct chunk *chunk)
{
	size_t len = sizeof(chunk->head) + chunk->head.bytes, need = ZSTD_compressBound(len), n;

	chunk->head.number = w->number++;
	if (need > w->room) {
		free(w->out);
		w->out = malloc(need);
		w->room = w->out ? need : 0;
	}
	if (!w->out)
		return -ENOMEM;
	n = ZSTD_compress2(w->zstd, w->out, w->room, &chunk->head, len);
	return ZSTD_isError(n) ? -EIO : put(w, w->out, n);
}

static void *write_all(void *ctx)
{
	struct trace_writer *w = ctx;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct chunk *chunk = w->first;
		int err = w->err;

		if (!chunk && w->end)
			break;
		if (!chunk) {
			pthread_cond_wait(&w->more, &w->lock);
			continue;
		}
		w->first = chunk->next;
		if (!w->first)
			w->last = &w->first;
		pthread_mutex_unlock(&w->lock);
		if (!err)
			err = put_chunk(w, chunk);
		free(chunk);
		pthread_mutex_lock(&w->lock);
		w->err = err;
		w->behind--;
		pthread_cond_signal(&w->less);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Signals are for those who wait for them: none comes to this thread. */
static int start(struct trace_writer *w)
{
	sigset_t all, were;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &were);
	err = pthread_create(&w->thread, NULL, write_all, w);
	pthread_sigmask(SIG_SETMASK, &were, NULL);
	return -err;
}

static void destroy(struct trace_writer *w)
{
	pthread_cond_destroy(&w->more);
	pthread_cond_destroy(&w->less);
	pthread_mutex_destroy(&w->lock);
	ZSTD_freeCCtx(w->zstd);
	free(w->out);
	free(w);
}

int trace_writer_new(int fd, const void *head, size_t len, struct trace_writer **out)
{
	struct trace_writer *w = calloc(1, sizeof(*w));
	int err = 0;

	*out = NULL;
	if (!w) {
		close(fd);
		return -ENOMEM;
	}
	w->fd = fd;
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	pthread_cond_init(&w->less, NULL);
	w->zstd = ZSTD_createCCtx();
	if (!w->zstd) {
		err = -ENOMEM;
	} else {
		ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, 1);
		ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
		err = put(w, head, len);
	}
	if (!err)
		err = start(w);
	if (!err) {
		*out = w;
		return 0;
	}
	close(fd);
	destroy(w);
	return err;
}

static uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

void trace_writer_put(struct trace_writer *w, enum trace_kind kind, uint64_t cycle,
		      const void *payload, size_t bytes)
{
	struct chunk *chunk = malloc(sizeof(*chunk) + bytes);

	if (chunk) {
		chunk->next = NULL;
		chunk->head = (struct trace_head){
			.kind = kind, .wall_ns = wall_ns(), .cycle = cycle, .bytes = bytes
		};
		memcpy(chunk->payload, payload, bytes);
	}
	pthread_mutex_lock(&w->lock);
	while (w->behind >= BEHIND_MAX)
		pthread_cond_wait(&w->less, &w->lock);
	if (chunk) {
		*w->last = chunk;
		w->last = &chunk->next;
		w->behind++;
		pthread_cond_signal(&w->more);
	} else if (!w->err) {
		w->err = -ENOMEM;
	}
	pthread_mutex_unlock(&w->lock);
}

int trace_writer_drain(struct trace_writer *w)
{
	int err;

	pthread_mutex_lock(&w->lock);
	while (w->behind)
		pthread_cond_wait(&w->less, &w->lock);
	err = w->err;
	pthread_mutex_unlock(&w->lock);
	return err;
}

int trace_writer_close(struct trace_writer *w)
{
	int err;

	pthread_mutex_lock(&w->lock);
	w->end = true;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	err = w->err;
	if (close(w->fd) && !err)
		err = -errno;
	destroy(w);
	return err;
}
