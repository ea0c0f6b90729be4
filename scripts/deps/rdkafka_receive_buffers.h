/*
 * Where librdkafka's rdbuf.c gets large buffers from: those that it receives answers of brokers into, one to a few MiB each,
 * with the messages in it. The amendment in amendments.js includes it, with the allocator of the addon alone.
 *
 * An allocator of small things does badly with them: each is freed on another thread than the one that fills it, so each
 * answer is written to memory that is in no cache, or was just given back to the kernel and is to be faulted in anew, and
 * several times what is in use stays resident. Here the one freed last is filled next.
 */
#ifndef RDKAFKA_TIERS_RECEIVE_BUFFERS_H
#define RDKAFKA_TIERS_RECEIVE_BUFFERS_H

#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

/* Smaller ones are mimalloc's. Sizes are multiples of it. */
#define RECEIVE_BUFFER_UNIT ((size_t)128 << 10)
/* Kept for the next answer, of all clients of the process together. */
#define RECEIVE_BUFFERS_KEPT ((size_t)16 << 20)
/* A buffer is used for what fills half of it at least, or the bounds of what is queued would bound no memory. */
#define RECEIVE_BUFFER_SLACK 2

/* Before the bytes of each; a multiple of 16 bytes, so that these are aligned as malloc's are. */
typedef struct receive_buffer_s {
  struct receive_buffer_s* next;
  size_t size; /* this header included */
} receive_buffer_t;

static pthread_mutex_t receive_buffers_lock = PTHREAD_MUTEX_INITIALIZER;
static receive_buffer_t* receive_buffers; /* the one freed last first */

void rdkafka_tiers_release_receive_buffers(void);

/* Unmaps this one and all behind it. */
static void receive_buffers_unmap(receive_buffer_t* buffer) {
  while (buffer) {
    receive_buffer_t* next = buffer->next;
    munmap(buffer, buffer->size);
    buffer = next;
  }
}

/* Takes the smallest that is large enough and not too large out of those kept. */
static receive_buffer_t* receive_buffer_reuse(size_t size) {
  receive_buffer_t **at, **best = NULL, *buffer = NULL;

  pthread_mutex_lock(&receive_buffers_lock);
  for (at = &receive_buffers; *at; at = &(*at)->next) {
    if ((*at)->size < size || (*at)->size > RECEIVE_BUFFER_SLACK * size) continue;
    if (!best || (*at)->size < (*best)->size) best = at;
  }
  if (best) {
    buffer = *best;
    *best = buffer->next;
  }
  pthread_mutex_unlock(&receive_buffers_lock);
  return buffer;
}

/* NULL when there is no memory. */
static void* receive_buffer_alloc(size_t size) {
  receive_buffer_t* buffer;

  size += sizeof(*buffer) + RECEIVE_BUFFER_UNIT - 1;
  size -= size % RECEIVE_BUFFER_UNIT;
  buffer = receive_buffer_reuse(size);
  if (!buffer) {
    buffer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer == MAP_FAILED) return NULL;
    buffer->size = size;
  }
  return buffer + 1;
}

static void receive_buffer_free(void* bytes) {
  receive_buffer_t* buffer = (receive_buffer_t*)bytes - 1;
  receive_buffer_t **at, *old;
  size_t kept = 0;

  pthread_mutex_lock(&receive_buffers_lock);
  buffer->next = receive_buffers;
  receive_buffers = buffer;
  for (at = &receive_buffers; *at; at = &(*at)->next) {
    kept += (*at)->size;
    if (kept > RECEIVE_BUFFERS_KEPT) break;
  }
  old = *at;
  *at = NULL;
  pthread_mutex_unlock(&receive_buffers_lock);
  receive_buffers_unmap(old);
}

/* To the system. */
void rdkafka_tiers_release_receive_buffers(void) {
  receive_buffer_t* all;

  pthread_mutex_lock(&receive_buffers_lock);
  all = receive_buffers;
  receive_buffers = NULL;
  pthread_mutex_unlock(&receive_buffers_lock);
  receive_buffers_unmap(all);
}

#endif
