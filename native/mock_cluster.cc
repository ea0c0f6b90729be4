// NativeMockCluster of lib/binding.ts: librdkafka's mock brokers. Each method is one call of rdkafka_mock.h.
#include <librdkafka/rdkafka.h>
// After rdkafka.h:
#include <librdkafka/rdkafka_mock.h>

#include <memory>
#include <string>
#include <vector>

#include "handle.h"

namespace rdkafka_tiers {

namespace {

// Owns:    the mock cluster and the rd_kafka_t that hosts it.
// Threads: the JavaScript thread; librdkafka locks the cluster itself.
// Ends:    as Client; the cluster goes before its host.
class MockClient : public Client {
 public:
  using Client::Client;

  void OpenCluster(int brokers) {
    Open(RD_KAFKA_PRODUCER, rd_kafka_conf_new());
    cluster_ = rd_kafka_mock_cluster_new(rk(), brokers);
    if (!cluster_)
      throw ToError(bell().env(),
                    Failure::Of(RD_KAFKA_RESP_ERR__FAIL, "cannot start mock brokers"));
  }

  rd_kafka_mock_cluster_t* cluster() const { return cluster_; }

 protected:
  void ReleaseBeforeDestroy() override {
    if (cluster_) rd_kafka_mock_cluster_destroy(cluster_);
    cluster_ = nullptr;
  }

 private:
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

using ClientPtr = std::shared_ptr<MockClient>;

using HandlePtr = rdkafka_tiers::HandlePtr<MockClient>;

rd_kafka_mock_cluster_t* Cluster(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return handle->Open(info).cluster();
}

std::vector<int32_t> IntsArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  Napi::Array array = ArrayArgument(info, index, name);
  std::vector<int32_t> ints;
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Value value = array.Get(i);
    if (!value.IsNumber())
      throw Napi::TypeError::New(info.Env(), std::string(name) + ": expected integers");
    ints.push_back(value.As<Napi::Number>().Int32Value());
  }
  return ints;
}

Napi::Value Checked(const Napi::CallbackInfo& info, rd_kafka_resp_err_t code) {
  ThrowIf(info.Env(), Failure::Of(code));
  return info.Env().Undefined();
}

Napi::Value JsBootstrapServers(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return Napi::String::New(info.Env(), rd_kafka_mock_cluster_bootstraps(Cluster(info, handle)));
}

Napi::Value JsCreateTopic(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::string topic = StringArgument(info, 0, "topic");
  const int32_t partitions = IntArgument(info, 1, "partitions");
  const int32_t replicationFactor = IntArgument(info, 2, "replicationFactor");
  // It takes any number and crashes on some.
  if (topic.empty() || partitions < 1 || partitions > 10000 || replicationFactor < 1 ||
      replicationFactor > 100)
    throw Napi::RangeError::New(
        info.Env(), "expected a topic name, 1 to 10000 partitions and 1 to 100 replicas");
  return Checked(info, rd_kafka_mock_topic_create(Cluster(info, handle), topic.c_str(), partitions,
                                                  replicationFactor));
}

Napi::Value JsPushRequestErrors(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const int32_t apiKey = IntArgument(info, 0, "apiKey");
  const std::vector<int32_t> codes = IntsArgument(info, 1, "codes");
  std::vector<rd_kafka_resp_err_t> errors;
  for (int32_t code : codes) errors.push_back(static_cast<rd_kafka_resp_err_t>(code));
  rd_kafka_mock_push_request_errors_array(Cluster(info, handle), static_cast<int16_t>(apiKey),
                                          errors.size(), errors.data());
  return info.Env().Undefined();
}

Napi::Value JsPushBrokerRequestErrors(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const int32_t brokerId = IntArgument(info, 0, "brokerId");
  const int32_t apiKey = IntArgument(info, 1, "apiKey");
  const std::vector<int32_t> pairs = IntsArgument(info, 2, "codesAndRttMs");
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    Checked(info, rd_kafka_mock_broker_push_request_error_rtts(
                      Cluster(info, handle), brokerId, static_cast<int16_t>(apiKey), 1,
                      static_cast<rd_kafka_resp_err_t>(pairs[i]), pairs[i + 1]));
  }
  return info.Env().Undefined();
}

Napi::Value JsSetTopicError(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::string topic = StringArgument(info, 0, "topic");
  const int32_t code = IntArgument(info, 1, "code");
  rd_kafka_mock_topic_set_error(Cluster(info, handle), topic.c_str(),
                                static_cast<rd_kafka_resp_err_t>(code));
  return info.Env().Undefined();
}

Napi::Value JsSetBrokerUp(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const int32_t brokerId = IntArgument(info, 0, "brokerId");
  if (!info[1].IsBoolean()) throw Napi::TypeError::New(info.Env(), "up: expected a boolean");
  rd_kafka_mock_cluster_t* cluster = Cluster(info, handle);
  return Checked(info, info[1].As<Napi::Boolean>().Value()
                           ? rd_kafka_mock_broker_set_up(cluster, brokerId)
                           : rd_kafka_mock_broker_set_down(cluster, brokerId));
}

Napi::Value JsSetRtt(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const int32_t brokerId = IntArgument(info, 0, "brokerId");
  const int32_t rttMs = IntArgument(info, 1, "rttMs");
  return Checked(info, rd_kafka_mock_broker_set_rtt(Cluster(info, handle), brokerId, rttMs));
}

Napi::Value JsSetLeader(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::string topic = StringArgument(info, 0, "topic");
  const int32_t partition = IntArgument(info, 1, "partition");
  const int32_t brokerId = IntArgument(info, 2, "brokerId");
  return Checked(info, rd_kafka_mock_partition_set_leader(Cluster(info, handle), topic.c_str(),
                                                          partition, brokerId));
}

Napi::Value JsSetFollower(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::string topic = StringArgument(info, 0, "topic");
  const int32_t partition = IntArgument(info, 1, "partition");
  const int32_t brokerId = IntArgument(info, 2, "brokerId");
  return Checked(info, rd_kafka_mock_partition_set_follower(Cluster(info, handle), topic.c_str(),
                                                            partition, brokerId));
}

Napi::Value JsSetFollowerWatermarks(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::string topic = StringArgument(info, 0, "topic");
  const int32_t partition = IntArgument(info, 1, "partition");
  const auto low = static_cast<int64_t>(NumberArgument(info, 2, "low"));
  const auto high = static_cast<int64_t>(NumberArgument(info, 3, "high"));
  return Checked(info, rd_kafka_mock_partition_set_follower_wmarks(
                           Cluster(info, handle), topic.c_str(), partition, low, high));
}

Napi::Value JsSetCoordinator(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::string type = StringArgument(info, 0, "type");
  const std::string key = StringArgument(info, 1, "key");
  const int32_t brokerId = IntArgument(info, 2, "brokerId");
  return Checked(info, rd_kafka_mock_coordinator_set(Cluster(info, handle), type.c_str(),
                                                     key.c_str(), brokerId));
}

Napi::Value JsSetRack(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const int32_t brokerId = IntArgument(info, 0, "brokerId");
  const std::string rack = StringArgument(info, 1, "rack");
  return Checked(info,
                 rd_kafka_mock_broker_set_rack(Cluster(info, handle), brokerId, rack.c_str()));
}

Napi::Value JsSetInitialRebalanceDelay(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const int32_t delayMs = IntArgument(info, 0, "delayMs");
  rd_kafka_mock_group_initial_rebalance_delay_ms(Cluster(info, handle), delayMs);
  return info.Env().Undefined();
}

Napi::Value JsServe(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  handle->client->Serve(info.Env());
  return info.Env().Undefined();
}

Napi::Value JsDestroy(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return handle->client->DestroyAsync(info.Env());
}

constexpr Method<MockClient> kMethods[] = {
    {"bootstrapServers", JsBootstrapServers},
    {"createTopic", JsCreateTopic},
    {"pushRequestErrors", JsPushRequestErrors},
    {"pushBrokerRequestErrors", JsPushBrokerRequestErrors},
    {"setTopicError", JsSetTopicError},
    {"setBrokerUp", JsSetBrokerUp},
    {"setRtt", JsSetRtt},
    {"setLeader", JsSetLeader},
    {"setFollower", JsSetFollower},
    {"setFollowerWatermarks", JsSetFollowerWatermarks},
    {"setCoordinator", JsSetCoordinator},
    {"setRack", JsSetRack},
    {"setInitialRebalanceDelay", JsSetInitialRebalanceDelay},
    {"serve", JsServe},
    {"destroy", JsDestroy},
};

}  // namespace

Napi::Value JsCreateMockCluster(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const int32_t brokers = IntArgument(info, 0, "brokers");
  if (brokers < 1 || brokers > 100)
    throw Napi::TypeError::New(env, "brokers: expected an integer from 1 to 100");
  if (!info[1].IsFunction()) throw Napi::TypeError::New(env, "wake: expected a function");
  auto client = std::make_shared<MockClient>(env, info[1].As<Napi::Function>());
  client->OpenCluster(brokers);
  // A mock cluster is a servant: it alone does not keep the process alive.
  client->bell().Unref();
  Environment::Of(env).Add(client);
  auto handle = std::make_shared<Handle<MockClient>>(std::move(client));
  Napi::Object object = Napi::Object::New(env);
  AddMethods(object, handle, kMethods);
  return object;
}

}  // namespace rdkafka_tiers
