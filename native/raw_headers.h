// Headers of a consumed message as they came over the wire; see raw_headers.c.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rd_kafka_message_s;

/* Bytes of the record's header block (varint count, then for each varint name length, name, varint value length or -1,
 * value), and where they lie: in the fetch response that the message keeps alive. 0: none. */
size_t rdkafka_tiers_raw_headers(const struct rd_kafka_message_s* message,
                                 const unsigned char** data);

#ifdef __cplusplus
}
#endif
