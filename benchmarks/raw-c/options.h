/*
 * Command line of the raw C programs: `--name value`, flags without a value, and any number of `-X
 * property=value`, which go to librdkafka as they are, after (and thus over) what the program sets
 * itself.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <librdkafka/rdkafka.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One sentence on stderr, exit code 1. */
__attribute__((noreturn, format(printf, 1, 2))) static void die(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

typedef struct {
  const char* name;
  const char** text; /* exactly one of the four is set */
  long long* number;
  double* real;
  int* flag;
} option_t;

static void set_property(rd_kafka_conf_t* conf, const char* name, const char* value) {
  char error[512];
  if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK)
    die("%s", error);
}

static void set_pair(rd_kafka_conf_t* conf, char* pair) {
  char* equals = strchr(pair, '=');
  if (!equals) die("-X: expected property=value, got %s", pair);
  *equals = '\0';
  set_property(conf, pair, equals + 1);
  *equals = '=';
}

static void parse_option(const option_t* option, const char* value) {
  char* end = NULL;
  if (option->text) *option->text = value;
  if (option->number) *option->number = strtoll(value, &end, 10);
  if (option->real) *option->real = strtod(value, &end);
  if (end && (*end != '\0' || end == value))
    die("%s: expected a number, got %s", option->name, value);
}

/* `options` ends with an entry without a name. -X is left to apply_properties. */
static void parse_options(int argc, char** argv, const option_t* options) {
  for (int i = 1; i < argc; i++) {
    const option_t* option = options;
    if (strcmp(argv[i], "-X") == 0) {
      i++;
      continue;
    }
    while (option->name && strcmp(option->name, argv[i]) != 0) option++;
    if (!option->name) die("unknown option %s", argv[i]);
    if (option->flag) {
      *option->flag = 1;
      continue;
    }
    if (++i == argc) die("%s: expected a value, got nothing", option->name);
    parse_option(option, argv[i]);
  }
}

/* Call last, so that they win. */
static void apply_properties(int argc, char** argv, rd_kafka_conf_t* conf) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "-X") != 0) continue;
    if (++i == argc) die("-X: expected property=value, got nothing");
    set_pair(conf, argv[i]);
  }
}

static inline double seconds_of(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

#endif
