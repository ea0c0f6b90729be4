/*
 * Fills a topic with pattern messages (pattern.h), as fast as librdkafka can or at a steady rate.
 *
 *   produce --bootstrap HOST:PORT --topic NAME --count N [--size 100] [--partitions 1]
 * [--first-sequence 0]
 *           [--codec none|gzip|snappy|lz4|zstd] [--keyed] [--headers] [--json] [--rate MESSAGES_PER_SECOND]
 * [-X property=value]...
 *
 * Message i goes to partition i modulo --partitions; the producer is idempotent with acks=all, so
 * in a topic that was empty the offset of a message is its sequence number. With --rate the loop is
 * open: each message has its own due time and does not wait for the ones before it, linger is 0,
 * and its bytes 0-7 are the CLOCK_MONOTONIC nanoseconds at which it was given to librdkafka.
 *
 * With --json the values are objects of the same size with the members sequence, partition and
 * text, as benchmarks of deserializers need them.
 *
 * Prints one line of JSON. Exit code 1 and a sentence on stderr if any message was not delivered.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/resource.h>

#include "options.h"
#include "pattern.h"

static const char *bootstrap, *topic, *codec = "none";
static long long count, size = 100, partitions = 1, first_sequence;
static double rate;
static int keyed, with_headers, json;
static long long failed;

/* What a JSON value has beside its text, with numbers of any length. */
#define JSON_START_BYTES 96

/* Messages handed to librdkafka together. */
#define BLOCK 200

static void on_delivery(rd_kafka_t* rk, const rd_kafka_message_t* message, void* opaque) {
  (void)rk;
  (void)opaque;
  if (message->err && failed++ == 0)
    fprintf(stderr, "not delivered: %s\n", rd_kafka_err2str(message->err));
}

static rd_kafka_headers_t* make_headers(uint64_t sequence) {
  unsigned char number[8], trace[24];
  rd_kafka_headers_t* headers = rd_kafka_headers_new(3);
  pattern_put64(number, sequence);
  pattern_fill(trace, 0, sequence, sizeof trace);
  rd_kafka_header_add(headers, "source", -1, "rdkafka-tiers", -1);
  rd_kafka_header_add(headers, "sequence", -1, number, sizeof number);
  rd_kafka_header_add(headers, "trace", -1, trace, sizeof trace);
  return headers;
}

static int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }

static void fill(unsigned char* payload, uint32_t partition, uint64_t sequence) {
  pattern_fill(payload, partition, sequence, (size_t)size);
  if (!json) return;
  /* The pattern's characters are printable, but two of them would end or escape a JSON string. */
  for (long long i = PATTERN_HEADER_BYTES; i < size; i++) {
    if (payload[i] == '"' || payload[i] == '\\') payload[i] = '\'';
  }
  char start[JSON_START_BYTES];
  int length = snprintf(start, sizeof start, "{\"sequence\":%llu,\"partition\":%u,\"text\":\"%-12s",
                        (unsigned long long)sequence, partition, "");
  memcpy(payload, start, (size_t)length);
  memcpy(payload + size - 2, "\"}", 2);
}

/* RD_KAFKA_RESP_ERR_NO_ERROR, or why librdkafka did not take it. */
static rd_kafka_resp_err_t give(rd_kafka_t* rk, rd_kafka_topic_t* rkt, int32_t partition,
                                uint64_t sequence, unsigned char* payload) {
  char text[24];
  size_t key_length =
      keyed ? (size_t)snprintf(text, sizeof text, "k%llu", (unsigned long long)sequence) : 0;
  const char* key = keyed ? text : NULL;
  if (!with_headers) {
    int refused = rd_kafka_produce(rkt, partition, RD_KAFKA_MSG_F_COPY, payload, (size_t)size, key,
                                   key_length, NULL);
    return refused ? rd_kafka_last_error() : RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  rd_kafka_headers_t* headers = make_headers(sequence);
  rd_kafka_resp_err_t err = rd_kafka_producev(
      rk, RD_KAFKA_V_RKT(rkt), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(payload, (size_t)size),
      RD_KAFKA_V_KEY(key, key_length), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
  /* Taken, the headers belong to the message. */
  if (err) rd_kafka_headers_destroy(headers);
  return err;
}

static void send_one(rd_kafka_t* rk, rd_kafka_topic_t* rkt, long long i, unsigned char* payload) {
  int32_t partition = (int32_t)(i % partitions);
  uint64_t sequence = (uint64_t)(first_sequence + i / partitions);
  fill(payload, (uint32_t)partition, sequence);
  if (rate > 0) {
    pattern_put64(payload + PATTERN_HEADER_BYTES, sequence);
    pattern_put64(payload, (uint64_t)monotonic_ns());
  }
  for (;;) {
    rd_kafka_resp_err_t err = give(rk, rkt, partition, sequence, payload);
    if (!err) return;
    if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL) die("produce: %s", rd_kafka_err2str(err));
    rd_kafka_poll(rk, 10);
  }
}

/* As send_one for `length` messages of one partition, which librdkafka takes with one lock of its
 * queue. */
static void send_block(rd_kafka_t* rk, rd_kafka_topic_t* rkt, int32_t partition, uint64_t sequence,
                       int length, unsigned char* payloads, rd_kafka_message_t* messages) {
  char keys[BLOCK][24];
  for (int i = 0; i < length; i++) {
    unsigned char* payload = payloads + (size_t)i * (size_t)size;
    fill(payload, (uint32_t)partition, sequence + (uint64_t)i);
    messages[i] = (rd_kafka_message_t){.payload = payload, .len = (size_t)size};
    if (keyed) {
      messages[i].key = keys[i];
      messages[i].key_len = (size_t)snprintf(keys[i], sizeof keys[i], "k%llu",
                                             (unsigned long long)sequence + (unsigned)i);
    }
  }
  for (int sent = 0; sent < length;) {
    /* It stops at the first message that does not fit into the queue. */
    sent +=
        rd_kafka_produce_batch(rkt, partition, RD_KAFKA_MSG_F_COPY, messages + sent, length - sent);
    if (sent == length) return;
    if (messages[sent].err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
      die("produce: %s", rd_kafka_err2str(messages[sent].err));
    rd_kafka_poll(rk, 10);
  }
}

/* Waits for the due time of message i; returns how late it is then, in nanoseconds. */
static int64_t wait_until_due(rd_kafka_t* rk, int64_t start, long long i) {
  int64_t due = start + (int64_t)((double)i * 1e9 / rate);
  if (monotonic_ns() < due) {
    rd_kafka_poll(rk, 0);
    struct timespec at = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0) {
    }
  }
  return monotonic_ns() - due;
}

int main(int argc, char** argv) {
  const option_t options[] = {
      {.name = "--bootstrap", .text = &bootstrap},
      {.name = "--topic", .text = &topic},
      {.name = "--count", .number = &count},
      {.name = "--size", .number = &size},
      {.name = "--partitions", .number = &partitions},
      {.name = "--first-sequence", .number = &first_sequence},
      {.name = "--codec", .text = &codec},
      {.name = "--keyed", .flag = &keyed},
      {.name = "--headers", .flag = &with_headers},
      {.name = "--json", .flag = &json},
      {.name = "--rate", .real = &rate},
      {.name = NULL},
  };
  parse_options(argc, argv, options);
  long long least = rate > 0 ? PATTERN_PACED_HEADER_BYTES : PATTERN_HEADER_BYTES;
  if (!bootstrap || !topic || count <= 0)
    die("produce: --bootstrap, --topic and --count are required");
  if (size < least) die("--size: expected at least %lld bytes, got %lld", least, size);
  if (json && rate > 0) die("--json: expected without --rate, whose values carry the time");
  if (json && size < JSON_START_BYTES + 2)
    die("--size: expected at least %d bytes of JSON, got %lld", JSON_START_BYTES + 2, size);
  if (partitions <= 0) die("--partitions: expected at least 1, got %lld", partitions);

  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set_property(conf, "bootstrap.servers", bootstrap);
  set_property(conf, "enable.idempotence", "true");
  set_property(conf, "compression.type", codec);
  set_property(conf, "linger.ms", rate > 0 ? "0" : "20");
  set_property(conf, "batch.size", "1000000");
  set_property(conf, "message.max.bytes", "200000000");
  set_property(conf, "queue.buffering.max.messages", "500000");
  set_property(conf, "queue.buffering.max.kbytes", "524288");
  set_property(conf, "delivery.report.only.error", "true");
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  apply_properties(argc, argv, conf);

  char error[512];
  rd_kafka_t* rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!rk) die("%s", error);
  rd_kafka_topic_t* rkt = rd_kafka_topic_new(rk, topic, NULL);
  unsigned char* payloads = malloc((size_t)size * BLOCK);
  rd_kafka_message_t* messages = malloc(sizeof *messages * BLOCK);
  pattern_init();
  /* Until the partitions are known, messages pile up in a queue of their own that is slow to take
   * apart. */
  const struct rd_kafka_metadata* metadata;
  rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, rkt, &metadata, 30000);
  if (err) die("metadata of %s: %s", topic, rd_kafka_err2str(err));
  rd_kafka_metadata_destroy(metadata);
  /* The kernel may otherwise wake us 50 microseconds late. */
  prctl(PR_SET_TIMERSLACK, 1);

  int64_t start = monotonic_ns(), latest = 0;
  long long done = 0;
  while (done < count && failed == 0) {
    if (rate > 0 || with_headers) {
      if (rate > 0)
        latest = max(latest, wait_until_due(rk, start, done));
      else if (done % 10000 == 0)
        rd_kafka_poll(rk, 0);
      send_one(rk, rkt, done++, payloads);
      continue;
    }
    /* A round: a block for each partition, the last one shorter. */
    long long round = count - done < BLOCK * partitions ? count - done : BLOCK * partitions;
    for (long long p = 0; p < partitions; p++) {
      int length = (int)((round + partitions - 1 - p) / partitions);
      uint64_t sequence = (uint64_t)(first_sequence + done / partitions);
      send_block(rk, rkt, (int32_t)p, sequence, length, payloads, messages);
    }
    done += round;
    rd_kafka_poll(rk, 0);
  }
  err = rd_kafka_flush(rk, 120000);
  double seconds = (double)(monotonic_ns() - start) / 1e9;
  if (err || failed) die("%lld messages were not delivered", failed + rd_kafka_outq_len(rk));

  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf(
      "{\"messages\":%lld,\"bytes\":%lld,\"seconds\":%.6f,\"messagesPerSecond\":%.0f,"
      "\"cpuUserSeconds\":%.3f,"
      "\"cpuSystemSeconds\":%.3f,\"latestMs\":%.3f}\n",
      count, count * size, seconds, (double)count / seconds, seconds_of(usage.ru_utime),
      seconds_of(usage.ru_stime), (double)latest / 1e6);

  free(messages);
  free(payloads);
  rd_kafka_topic_destroy(rkt);
  rd_kafka_destroy(rk);
  return 0;
}
