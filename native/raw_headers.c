/*
 * The one place that looks inside librdkafka: the undecoded headers of a consumed message.
 *
 * rd_kafka_message_headers() allocates a parser for every message, also for one without headers, which cost as much as
 * everything else the batch does for it, and it gives names as C strings, which end at a NUL. Compiled against the
 * headers and the config.h that librdkafka itself was built with, so the layout cannot differ; test/broker checks that
 * headers arrive byte for byte.
 */
#include "raw_headers.h"

#include "rd.h"
#include "rdkafka_int.h"
#include "rdkafka_msg.h"

size_t rdkafka_tiers_raw_headers(const struct rd_kafka_message_s* message,
                                 const unsigned char** data) {
  const rd_kafka_msg_t* msg = (const rd_kafka_msg_t*)message;
  const int32_t length = RD_KAFKAP_BYTES_LEN(&msg->rkm_u.consumer.binhdrs);
  *data = msg->rkm_u.consumer.binhdrs.data;
  return length > 0 ? (size_t)length : 0;
}
