/*
 * The content of benchmark messages, computed from partition and sequence number alone, so that any
 * reader can check order and bytes. The same layout is written by
 * test/helpers/kafka/java/OracleProduce.java and checked by test/helpers/pattern.ts, where it is
 * drawn:
 *
 *   bytes 0-7   sequence number within the partition, uint64 little endian
 *   bytes 8-11  partition, uint32 little endian
 *   bytes 12-   table[(sequence * 17 + partition * 31 + i) mod 65536], i = 0, 1, ...
 *
 * Paced messages have CLOCK_MONOTONIC nanoseconds in bytes 0-7 and the sequence number in bytes
 * 12-19.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdint.h>
#include <string.h>
#include <time.h>

#define PATTERN_PERIOD 65536
#define PATTERN_HEADER_BYTES 12
#define PATTERN_PACED_HEADER_BYTES 20

static unsigned char pattern_table[PATTERN_PERIOD];

static inline void pattern_init(void) {
  for (uint32_t k = 0; k < PATTERN_PERIOD; k++) {
    uint32_t x = (k + 1) * 0x9E3779B1u;
    x ^= x >> 15;
    x *= 0x85EBCA6Bu;
    x ^= x >> 13;
    pattern_table[k] = (unsigned char)(32 + (x & 63));
  }
}

static inline void pattern_put64(unsigned char* to, uint64_t value) {
  for (int i = 0; i < 8; i++) to[i] = (unsigned char)(value >> (8 * i));
}

static inline uint64_t pattern_get64(const unsigned char* from) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value |= (uint64_t)from[i] << (8 * i);
  return value;
}

static inline void pattern_put32(unsigned char* to, uint32_t value) {
  for (int i = 0; i < 4; i++) to[i] = (unsigned char)(value >> (8 * i));
}

static inline void pattern_fill(unsigned char* payload, uint32_t partition, uint64_t sequence,
                                size_t size) {
  pattern_put64(payload, sequence);
  pattern_put32(payload + 8, partition);
  size_t from = (size_t)((sequence * 17 + partition * 31u) % PATTERN_PERIOD);
  for (size_t to = PATTERN_HEADER_BYTES; to < size;) {
    size_t length = size - to < PATTERN_PERIOD - from ? size - to : PATTERN_PERIOD - from;
    memcpy(payload + to, pattern_table + from, length);
    to += length;
    from = 0;
  }
}

static inline int64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif
