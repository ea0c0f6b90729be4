/*
 * A plain, good C consumer over librdkafka as it comes: the ceiling every other client is measured
 * against.
 *
 *   consume --bootstrap HOST:PORT --topic NAME --count N [--mode batch|wake|poll|latency]
 *           [--batch-size 1000] [--timeout-ms 100] [--group NAME] [--warm-up 0] [--idle-ms 20000]
 * [-X property=value]...
 *
 *   batch    rd_kafka_consume_batch_queue(queue, timeout, messages, batch size): the well-known
 * loop wake     rd_kafka_consumer_poll(timeout) for the first message, then
 * rd_kafka_consume_batch_queue with timeout 0 for what else is there: batches without waiting for
 * them to fill poll     one rd_kafka_consumer_poll(timeout) per message latency  as poll; reports
 * how long after being produced each message arrived (topic filled by produce --rate)
 *
 * Assigns all partitions from their beginning, or with --group subscribes. Every value is touched.
 * The clock and the CPU time start at the first message after the --warm-up and stop at the last:
 * connecting and joining a group are not in it. `messages` and `bytes` are of all that was read,
 * `measuredMessages` what the rate is of.
 *
 * Prints one line of JSON. Exit code 1 and a sentence on stderr on an error, or when nothing came
 * for --idle-ms.
 */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "options.h"
#include "pattern.h"

static const char *bootstrap, *topic, *group, *mode = "batch";
static long long count, batch_size = 1000, timeout_ms = 100, warm_up, idle_ms = 20000;

static struct {
  long long messages, bytes, calls;
  long long first_messages; /* read when the clock started */
  uint64_t checksum;        /* sum of the first bytes of all values */
  int64_t first_ns, last_ns, alive_ns;
  struct rusage at_first, at_last;
  int64_t* latencies_ns; /* latency mode: one per message */
} seen;

static void on_error(rd_kafka_t* rk, int err, const char* reason, void* opaque) {
  (void)opaque;
  if (err == RD_KAFKA_RESP_ERR__FATAL || err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    die("%s: %s", rd_kafka_name(rk), reason);
  }
}

static void take(rd_kafka_message_t* message) {
  if (message->err) die("consume: %s", rd_kafka_message_errstr(message));
  const unsigned char* value = message->payload;
  if (seen.latencies_ns && seen.messages < count) {
    if (message->len < PATTERN_PACED_HEADER_BYTES)
      die("latency: expected messages of produce --rate");
    seen.latencies_ns[seen.messages] = monotonic_ns() - (int64_t)pattern_get64(value);
  }
  if (message->len) seen.checksum += value[0];
  seen.bytes += (long long)message->len;
  seen.messages++;
  rd_kafka_message_destroy(message);
}

/* After each call that gave `received` messages. Returns whether there is more to do. */
static int note_progress(long long received) {
  if (received == 0) {
    if (!seen.alive_ns) seen.alive_ns = monotonic_ns();
    if (monotonic_ns() - seen.alive_ns > idle_ms * 1000000) {
      die("consume: nothing came for %lld ms, after %lld of %lld messages", idle_ms, seen.messages,
          count);
    }
    return 1;
  }
  seen.calls++;
  if (!seen.first_ns && seen.messages > warm_up) {
    /* Without a warm-up what the first call gave counts, as ever. */
    seen.first_messages = warm_up ? seen.messages : 0;
    seen.first_ns = monotonic_ns();
    getrusage(RUSAGE_SELF, &seen.at_first);
  }
  if (seen.messages >= count) {
    seen.last_ns = monotonic_ns();
    getrusage(RUSAGE_SELF, &seen.at_last);
    return 0;
  }
  /* The idle clock starts anew with the next call that gives nothing; no clock is read on the busy
   * path. */
  seen.alive_ns = 0;
  return 1;
}

static void run_batch(rd_kafka_t* rk, int wait_first) {
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(rk);
  rd_kafka_message_t** messages = malloc(sizeof *messages * (size_t)batch_size);
  ssize_t received;
  do {
    rd_kafka_message_t* first = wait_first ? rd_kafka_consumer_poll(rk, (int)timeout_ms) : NULL;
    if (first) take(first);
    received = rd_kafka_consume_batch_queue(queue, wait_first ? 0 : (int)timeout_ms, messages,
                                            (size_t)batch_size);
    if (received < 0) die("consume: %s", rd_kafka_err2str(rd_kafka_last_error()));
    for (ssize_t i = 0; i < received; i++) take(messages[i]);
    if (first) received++;
  } while (note_progress(received));
  free(messages);
  rd_kafka_queue_destroy(queue);
}

static void run_poll(rd_kafka_t* rk) {
  int more = 1;
  while (more) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(rk, (int)timeout_ms);
    if (message) take(message);
    more = note_progress(message ? 1 : 0);
  }
}

static void assign_all(rd_kafka_t* rk) {
  rd_kafka_topic_t* rkt = rd_kafka_topic_new(rk, topic, NULL);
  const struct rd_kafka_metadata* metadata;
  rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, rkt, &metadata, 30000);
  if (err) die("metadata of %s: %s", topic, rd_kafka_err2str(err));
  if (metadata->topics[0].err)
    die("metadata of %s: %s", topic, rd_kafka_err2str(metadata->topics[0].err));
  int partitions = metadata->topics[0].partition_cnt;
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; i++) {
    rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  err = rd_kafka_assign(rk, list);
  if (err) die("assign: %s", rd_kafka_err2str(err));
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(rkt);
}

static void subscribe(rd_kafka_t* rk) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic, RD_KAFKA_PARTITION_UA);
  rd_kafka_resp_err_t err = rd_kafka_subscribe(rk, list);
  if (err) die("subscribe: %s", rd_kafka_err2str(err));
  rd_kafka_topic_partition_list_destroy(list);
}

static int ascending(const void* a, const void* b) {
  int64_t left = *(const int64_t*)a, right = *(const int64_t*)b;
  return (left > right) - (left < right);
}

static void print_latencies(void) {
  long long measured = count - warm_up;
  int64_t* sorted = seen.latencies_ns + warm_up;
  qsort(sorted, (size_t)measured, sizeof *sorted, ascending);
  const struct {
    const char* name;
    double rank;
  } ranks[] = {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}};
  printf(",\"latencyMs\":{\"messages\":%lld", measured);
  for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
    long long at = (long long)(ranks[i].rank * (double)measured);
    if (at >= measured) at = measured - 1;
    printf(",\"%s\":%.4f", ranks[i].name, (double)sorted[at] / 1e6);
  }
  printf("}");
}

/* Of this program alone: ru_maxrss may be that of the process that started it. */
static long peak_rss_kib(void) {
  long kib = 0;
  char line[256];
  FILE* status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status)) {
    if (sscanf(line, "VmHWM: %ld", &kib) == 1) break;
  }
  if (status) fclose(status);
  return kib ? kib : seen.at_last.ru_maxrss;
}

static void print_report(void) {
  long long measured = seen.messages - seen.first_messages;
  double seconds = (double)(seen.last_ns - seen.first_ns) / 1e9;
  printf(
      "{\"mode\":\"%s\",\"librdkafka\":\"%s\",\"messages\":%lld,\"measuredMessages\":%lld,"
      "\"bytes\":%lld,"
      "\"calls\":%lld,"
      "\"seconds\":%.6f,"
      "\"messagesPerSecond\":%.0f,\"cpuUserSeconds\":%.3f,\"cpuSystemSeconds\":%.3f,\"maxRssKiB\":%"
      "ld,"
      "\"checksum\":%llu",
      mode, rd_kafka_version_str(), seen.messages, measured, seen.bytes, seen.calls, seconds,
      (double)measured / seconds,
      seconds_of(seen.at_last.ru_utime) - seconds_of(seen.at_first.ru_utime),
      seconds_of(seen.at_last.ru_stime) - seconds_of(seen.at_first.ru_stime), peak_rss_kib(),
      (unsigned long long)seen.checksum);
  if (seen.latencies_ns) print_latencies();
  printf("}\n");
  fflush(stdout);
}

int main(int argc, char** argv) {
  const option_t options[] = {
      {.name = "--bootstrap", .text = &bootstrap},
      {.name = "--topic", .text = &topic},
      {.name = "--count", .number = &count},
      {.name = "--mode", .text = &mode},
      {.name = "--batch-size", .number = &batch_size},
      {.name = "--timeout-ms", .number = &timeout_ms},
      {.name = "--group", .text = &group},
      {.name = "--warm-up", .number = &warm_up},
      {.name = "--idle-ms", .number = &idle_ms},
      {.name = NULL},
  };
  parse_options(argc, argv, options);
  if (!bootstrap || !topic || count <= 0)
    die("consume: --bootstrap, --topic and --count are required");
  if (batch_size <= 0) die("--batch-size: expected at least 1, got %lld", batch_size);
  if (warm_up < 0 || warm_up >= count)
    die("--warm-up: expected less than --count, got %lld", warm_up);

  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set_property(conf, "bootstrap.servers", bootstrap);
  set_property(conf, "group.id", group ? group : "raw-c");
  if (!group) set_property(conf, "enable.auto.commit", "false");
  if (group) set_property(conf, "auto.offset.reset", "earliest");
  rd_kafka_conf_set_error_cb(conf, on_error);
  apply_properties(argc, argv, conf);

  char error[512];
  rd_kafka_t* rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (!rk) die("%s", error);
  rd_kafka_poll_set_consumer(rk);
  if (group)
    subscribe(rk);
  else
    assign_all(rk);

  if (strcmp(mode, "latency") == 0) {
    seen.latencies_ns = malloc(sizeof *seen.latencies_ns * (size_t)count);
    run_poll(rk);
  } else if (strcmp(mode, "poll") == 0) {
    run_poll(rk);
  } else if (strcmp(mode, "batch") == 0 || strcmp(mode, "wake") == 0) {
    run_batch(rk, strcmp(mode, "wake") == 0);
  } else {
    die("--mode: expected batch, wake, poll or latency, got %s", mode);
  }
  print_report();

  rd_kafka_consumer_close(rk);
  rd_kafka_destroy(rk);
  free(seen.latencies_ns);
  return 0;
}
