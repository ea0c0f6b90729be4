/*
 * Included into every file of librdkafka before its first line (cc -include): librdkafka allocates
 * from a mimalloc of its own. Each message is allocated on a broker's thread and freed on the
 * polling one, which is the worst case of glibc's malloc and the best of mimalloc.
 *
 * <stdlib.h> and <string.h> come first, so that their declarations keep their names. The macros are
 * object-like on purpose: librdkafka passes `rd_free`, and cJSON passes `malloc` and `free`, as
 * function pointers, which function-like macros would miss.
 *
 * A pointer must be freed by the allocator it came from. Checked in librdkafka 2.15.1, to be
 * checked again with a new one:
 *
 *  - getline, getdelim, asprintf, vasprintf, realpath, getcwd(NULL), open_memstream, scandir,
 * strdupa's heap cousins, posix_memalign, aligned_alloc, reallocarray, backtrace_symbols: not used.
 * (strdupa and strndupa are alloca.)
 *  - getaddrinfo (rdaddr.c): freed by freeaddrinfo, never by free. An application's resolve_cb
 * frees what it made itself.
 *  - regcomp / regfree (rdregex.c), fopen / fclose, opendir / closedir, dlopen / dlclose,
 * pthread_*: libc on both ends.
 *  - OpenSSL (rdkafka_ssl.c, rdkafka_cert.c, scram, oauthbearer): its objects end in *_free or
 * OPENSSL_free; memory BIOs are read-only views of our memory; CRYPTO_set_mem_functions is not
 * called.
 *  - zlib (zalloc and zfree are NULL: its own malloc, ended by deflateEnd, inflateEnd) and zstd
 * (ZSTD_create*, ZSTD_free*): not compiled with this header, so they stay with libc on both ends.
 *  - lz4, lz4frame, xxhash, snappy, cJSON, nanopb, hdrhistogram, tinycthread: compiled with this
 * header on both ends.
 *  - What the application gets from librdkafka is freed by rd_kafka_mem_free or a …_destroy. What
 * it hands over for librdkafka to free (RD_KAFKA_MSG_F_FREE payloads) must come from
 * rd_kafka_mem_malloc; the addon uses F_COPY.
 */
#ifndef RDKAFKA_TIERS_MALLOC_H
#define RDKAFKA_TIERS_MALLOC_H

#include <mimalloc.h>
#include <stdlib.h>
#include <string.h>

#define malloc mi_malloc
#define calloc mi_calloc
#define realloc mi_realloc
#define free mi_free
#undef strdup
#define strdup mi_strdup
#undef strndup
#define strndup mi_strndup

#endif
