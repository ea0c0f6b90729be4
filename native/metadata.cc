#include <memory>
#include <string>

#include "addon.h"

namespace rdkafka_tiers {

namespace {

using Metadata = std::shared_ptr<const rd_kafka_metadata_t>;

Napi::Array Ids(Napi::Env env, const int32_t* ids, int count) {
  Napi::Array array = Napi::Array::New(env, static_cast<size_t>(count));
  for (int i = 0; i < count; i++)
    array.Set(static_cast<uint32_t>(i), Napi::Number::New(env, ids[i]));
  return array;
}

Napi::Object ToTopic(Napi::Env env, const rd_kafka_metadata_topic_t& topic) {
  Napi::Array partitions = Napi::Array::New(env, static_cast<size_t>(topic.partition_cnt));
  for (int i = 0; i < topic.partition_cnt; i++) {
    const rd_kafka_metadata_partition_t& from = topic.partitions[i];
    Napi::Object partition = Napi::Object::New(env);
    partition.Set("id", Napi::Number::New(env, from.id));
    partition.Set("leader", Napi::Number::New(env, from.leader));
    partition.Set("replicas", Ids(env, from.replicas, from.replica_cnt));
    partition.Set("isrs", Ids(env, from.isrs, from.isr_cnt));
    partition.Set("error", Napi::Number::New(env, from.err));
    partitions.Set(static_cast<uint32_t>(i), partition);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", Napi::String::New(env, topic.topic));
  object.Set("error", Napi::Number::New(env, topic.err));
  object.Set("partitions", partitions);
  return object;
}

Napi::Value ToObject(Napi::Env env, const rd_kafka_metadata_t& metadata) {
  Napi::Array brokers = Napi::Array::New(env, static_cast<size_t>(metadata.broker_cnt));
  for (int i = 0; i < metadata.broker_cnt; i++) {
    Napi::Object broker = Napi::Object::New(env);
    broker.Set("id", Napi::Number::New(env, metadata.brokers[i].id));
    broker.Set("host", Napi::String::New(env, metadata.brokers[i].host));
    broker.Set("port", Napi::Number::New(env, metadata.brokers[i].port));
    brokers.Set(static_cast<uint32_t>(i), broker);
  }
  Napi::Array topics = Napi::Array::New(env, static_cast<size_t>(metadata.topic_cnt));
  for (int i = 0; i < metadata.topic_cnt; i++)
    topics.Set(static_cast<uint32_t>(i), ToTopic(env, metadata.topics[i]));
  Napi::Object object = Napi::Object::New(env);
  object.Set("origBrokerId", Napi::Number::New(env, metadata.orig_broker_id));
  object.Set("origBrokerName",
             Napi::String::New(env, metadata.orig_broker_name ? metadata.orig_broker_name : ""));
  object.Set("brokers", brokers);
  object.Set("topics", topics);
  return object;
}

}  // namespace

Napi::Promise MetadataCall(Napi::Env env, Client& client, bool isAll, const std::string& topic,
                           int timeoutMs) {
  auto metadata = std::make_shared<Metadata>();
  return client.Call(
      env,
      [=](rd_kafka_t* rk) {
        rd_kafka_topic_t* handle = isAll ? nullptr : rd_kafka_topic_new(rk, topic.c_str(), nullptr);
        if (!isAll && !handle) return Failure::Of(rd_kafka_last_error());
        const rd_kafka_metadata_t* answer = nullptr;
        const rd_kafka_resp_err_t code =
            rd_kafka_metadata(rk, isAll ? 1 : 0, handle, &answer, timeoutMs);
        if (handle) rd_kafka_topic_destroy(handle);
        if (answer) *metadata = Metadata(answer, rd_kafka_metadata_destroy);
        return Failure::Of(code);
      },
      [metadata](Napi::Env env) { return ToObject(env, **metadata); });
}

}  // namespace rdkafka_tiers
