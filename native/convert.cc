#include "convert.h"

#include <climits>
#include <cmath>
#include <cstring>

namespace rdkafka_tiers {

namespace {

Napi::TypeError Wrong(Napi::Env env, const std::string& name, const std::string& expected) {
  return Napi::TypeError::New(env, name + ": expected " + expected);
}

std::string Element(const char* name, uint32_t index) {
  return std::string(name) + "[" + std::to_string(index) + "]";
}

std::string StringOf(Napi::Value value, const std::string& name) {
  if (!value.IsString()) throw Wrong(value.Env(), name, "a string");
  std::string text = value.As<Napi::String>().Utf8Value();
  // librdkafka takes C strings: what follows a NUL would be dropped without a word.
  if (text.find('\0') != std::string::npos)
    throw Wrong(value.Env(), name, "a string without NUL characters");
  return text;
}

int64_t IntegerOf(Napi::Value value, const std::string& name, double low, double high) {
  if (!value.IsNumber()) throw Wrong(value.Env(), name, "an integer");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= low && number <= high) || std::floor(number) != number)
    throw Wrong(value.Env(), name, "an integer in range");
  return static_cast<int64_t>(number);
}

constexpr double kSafe = 9007199254740991.0;

}  // namespace

void CheckTopicLength(Napi::Env env, const std::string& topic) {
  if (topic.empty() || topic.size() > kMaxTopicLength)
    throw Wrong(env, "topic", "a name of 1 to " + std::to_string(kMaxTopicLength) + " bytes");
}

namespace {

rd_kafka_topic_partition_t* AddPartition(rd_kafka_topic_partition_list_t* list, Napi::Array flat,
                                         uint32_t at, const char* name) {
  const std::string topic = StringOf(flat.Get(at), Element(name, at));
  CheckTopicLength(flat.Env(), topic);
  const int64_t partition = IntegerOf(flat.Get(at + 1), Element(name, at + 1), 0, INT32_MAX);
  return rd_kafka_topic_partition_list_add(list, topic.c_str(), static_cast<int32_t>(partition));
}

}  // namespace

Failure Failure::Of(rd_kafka_resp_err_t code, const std::string& message) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return None();
  Failure failure;
  failure.code = code;
  failure.message = message.empty() ? rd_kafka_err2str(code) : message;
  failure.isFatal = code == RD_KAFKA_RESP_ERR__FATAL;
  return failure;
}

Failure Failure::Of(rd_kafka_error_t* error) {
  if (!error) return None();
  Failure failure;
  failure.code = rd_kafka_error_code(error);
  failure.message = rd_kafka_error_string(error);
  failure.isFatal = rd_kafka_error_is_fatal(error);
  failure.isRetriable = rd_kafka_error_is_retriable(error);
  rd_kafka_error_destroy(error);
  return failure;
}

Napi::Error ToError(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Set("code", Napi::Number::New(env, failure.code));
  error.Set("isFatal", Napi::Boolean::New(env, failure.isFatal));
  error.Set("isRetriable", Napi::Boolean::New(env, failure.isRetriable));
  return error;
}

void ThrowIf(Napi::Env env, const Failure& failure) {
  if (failure) throw ToError(env, failure);
}

Napi::Value ToValue(Napi::Env env, const Event& event) {
  Napi::Array array = Napi::Array::New(env, event.size());
  for (uint32_t i = 0; i < event.size(); i++) {
    const Field& field = event[i];
    if (const auto* text = std::get_if<std::string>(&field))
      array.Set(i, Napi::String::New(env, *text));
    else if (const auto* number = std::get_if<double>(&field))
      array.Set(i, Napi::Number::New(env, *number));
    else if (const auto* flag = std::get_if<bool>(&field))
      array.Set(i, Napi::Boolean::New(env, *flag));
    else
      array.Set(i, env.Null());
  }
  return array;
}

Napi::Array ArrayArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsArray()) throw Wrong(info.Env(), name, "an array");
  return info[index].As<Napi::Array>();
}

std::string StringArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  return StringOf(info[index], name);
}

double NumberArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsNumber()) throw Wrong(info.Env(), name, "a number");
  const double number = info[index].As<Napi::Number>().DoubleValue();
  if (!std::isfinite(number) || std::fabs(number) > kSafe)
    throw Wrong(info.Env(), name, "a finite number");
  return number;
}

int32_t IntArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  return static_cast<int32_t>(IntegerOf(info[index], name, INT32_MIN, INT32_MAX));
}

std::vector<std::string> StringsArgument(const Napi::CallbackInfo& info, size_t index,
                                         const char* name) {
  Napi::Array array = ArrayArgument(info, index, name);
  std::vector<std::string> strings;
  for (uint32_t i = 0; i < array.Length(); i++)
    strings.push_back(StringOf(array.Get(i), Element(name, i)));
  return strings;
}

PartitionList PartitionsArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  Napi::Array flat = ArrayArgument(info, index, name);
  const uint32_t length = flat.Length();
  if (length % 2 != 0) throw Wrong(info.Env(), name, "topic, partition, …");
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(length / 2)));
  for (uint32_t at = 0; at < length; at += 2) AddPartition(list.get(), flat, at, name);
  return list;
}

PartitionList OffsetsArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  Napi::Array flat = ArrayArgument(info, index, name);
  const uint32_t length = flat.Length();
  if (length % 5 != 0)
    throw Wrong(info.Env(), name, "topic, partition, offset, leader epoch, metadata, …");
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(length / 5)));
  for (uint32_t at = 0; at < length; at += 5) {
    rd_kafka_topic_partition_t* partition = AddPartition(list.get(), flat, at, name);
    partition->offset = IntegerOf(flat.Get(at + 2), Element(name, at + 2), -kSafe, kSafe);
    const int64_t epoch = IntegerOf(flat.Get(at + 3), Element(name, at + 3), -1, INT32_MAX);
    if (epoch >= 0)
      rd_kafka_topic_partition_set_leader_epoch(partition, static_cast<int32_t>(epoch));
    const Napi::Value metadata = flat.Get(at + 4);
    if (metadata.IsNull() || metadata.IsUndefined()) continue;
    const std::string text = StringOf(metadata, Element(name, at + 4));
    if (text.empty()) continue;
    // Freed by librdkafka with its own, private allocator: it must come from there.
    partition->metadata = rd_kafka_mem_malloc(nullptr, text.size());
    std::memcpy(partition->metadata, text.data(), text.size());
    partition->metadata_size = text.size();
  }
  return list;
}

Napi::Array ToFlatPartitions(Napi::Env env, const rd_kafka_topic_partition_list_t* list) {
  Napi::Array flat = Napi::Array::New(env);
  uint32_t at = 0;
  for (int i = 0; list && i < list->cnt; i++) {
    flat.Set(at++, Napi::String::New(env, list->elems[i].topic));
    flat.Set(at++, Napi::Number::New(env, list->elems[i].partition));
  }
  return flat;
}

Napi::Array ToFlatResults(Napi::Env env, const rd_kafka_topic_partition_list_t* list) {
  Napi::Array flat = Napi::Array::New(env);
  uint32_t at = 0;
  for (int i = 0; list && i < list->cnt; i++) {
    const rd_kafka_topic_partition_t* partition = &list->elems[i];
    flat.Set(at++, Napi::String::New(env, partition->topic));
    flat.Set(at++, Napi::Number::New(env, partition->partition));
    flat.Set(at++, Napi::Number::New(env, static_cast<double>(partition->offset)));
    flat.Set(at++, Napi::Number::New(env, rd_kafka_topic_partition_get_leader_epoch(partition)));
    flat.Set(at++, partition->metadata
                       ? Napi::String::New(env, static_cast<const char*>(partition->metadata),
                                           partition->metadata_size)
                       : Napi::String::New(env, ""));
    flat.Set(at++, Napi::Number::New(env, partition->err));
  }
  return flat;
}

rd_kafka_conf_t* ConfArgument(const Napi::CallbackInfo& info, size_t index) {
  const std::vector<std::string> pairs = StringsArgument(info, index, "conf");
  if (pairs.size() % 2 != 0) throw Wrong(info.Env(), "conf", "name, value, …");
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (size_t i = 0; i < pairs.size(); i += 2) {
    char reason[512];
    if (rd_kafka_conf_set(conf, pairs[i].c_str(), pairs[i + 1].c_str(), reason, sizeof reason) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      throw ToError(info.Env(), Failure::Of(RD_KAFKA_RESP_ERR__INVALID_ARG, reason));
    }
  }
  return conf;
}

}  // namespace rdkafka_tiers
