// Between JavaScript's flat arrays and librdkafka's types. No state. JavaScript thread, but for what says otherwise.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "napi_setup.h"

namespace rdkafka_tiers {

struct PartitionListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, PartitionListDeleter>;

// An error of librdkafka on its way to JavaScript. Any thread.
struct Failure {
  int code = 0;
  std::string message;
  bool isFatal = false;
  bool isRetriable = false;

  explicit operator bool() const { return code != 0; }
  static Failure None() { return {}; }
  static Failure Of(rd_kafka_resp_err_t code, const std::string& message = "");
  // Takes the error over; null is no failure.
  static Failure Of(rd_kafka_error_t* error);
};

// Error with code, isFatal, isRetriable; TypeScript makes a KafkaError of it.
Napi::Error ToError(Napi::Env env, const Failure& failure);
void ThrowIf(Napi::Env env, const Failure& failure);

using Field = std::variant<std::nullptr_t, bool, double, std::string>;
// A kind (EventKind of lib/binding.ts), then its fields. Made on any thread.
using Event = std::vector<Field>;
Napi::Value ToValue(Napi::Env env, const Event& event);

// Arguments, checked again here so that no call from JavaScript, however wrong, can crash. Each throws a TypeError that
// names the argument.
Napi::Array ArrayArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
std::string StringArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
double NumberArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
int32_t IntArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
std::vector<std::string> StringsArgument(const Napi::CallbackInfo& info, size_t index,
                                         const char* name);

// librdkafka makes no topic of a longer name, and then crashes where it takes for granted that it did. (Kafka's own
// limit is 249; patterns may be longer.)
constexpr size_t kMaxTopicLength = 500;
void CheckTopicLength(Napi::Env env, const std::string& topic);

// topic, partition, …
PartitionList PartitionsArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
// topic, partition, offset, leader epoch, metadata, …
PartitionList OffsetsArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

Napi::Array ToFlatPartitions(Napi::Env env, const rd_kafka_topic_partition_list_t* list);
// topic, partition, offset, leader epoch, metadata, error code, …
Napi::Array ToFlatResults(Napi::Env env, const rd_kafka_topic_partition_list_t* list);

// name, value, … into a new conf, which the caller owns.
rd_kafka_conf_t* ConfArgument(const Napi::CallbackInfo& info, size_t index);

}  // namespace rdkafka_tiers
