// NativeProducer of lib/binding.ts: enough to fill a mock cluster or a topic, with every delivery counted.
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "events.h"
#include "handle.h"
#include "threads.h"

namespace rdkafka_tiers {

namespace {

// Owns:    as Client.
// Threads: Produce, State the JavaScript thread; delivery reports in librdkafka's background thread (counters only).
// Ends:    as Client.
class ProducerClient : public Client {
 public:
  using Client::Client;

  void OpenProducer(rd_kafka_conf_t* conf) {
    rd_kafka_conf_set_dr_msg_cb(
        conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
          static_cast<ProducerClient*>(static_cast<Client*>(opaque))->OnDelivery(message);
        });
    Open(RD_KAFKA_PRODUCER, conf);
  }

  std::atomic<size_t> delivered{0};
  std::atomic<size_t> failed{0};
  std::string
      firstError;  // JavaScript thread: reports are served there, as everything on the main queue

 private:
  void OnDelivery(const rd_kafka_message_t* message) {
    if (!message->err) {
      delivered++;
      return;
    }
    failed++;
    // Not rd_kafka_message_errstr: of a message that was to be sent it takes the value for the text.
    if (firstError.empty()) firstError = rd_kafka_err2str(message->err);
  }
};

struct Bytes {
  const void* data = nullptr;
  size_t size = 0;
};

Bytes BytesArgument(const Napi::Value& value, const char* name) {
  if (value.IsNull() || value.IsUndefined()) return {};
  if (!value.IsTypedArray())
    throw Napi::TypeError::New(value.Env(), std::string(name) + ": expected bytes or null");
  Napi::TypedArray array = value.As<Napi::TypedArray>();
  // Empty is not null, though an empty array may have no memory.
  const void* data = static_cast<uint8_t*>(array.ArrayBuffer().Data()) + array.ByteOffset();
  return {array.ByteLength() ? data : "", array.ByteLength()};
}

struct HeadersDeleter {
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
using Headers = std::unique_ptr<rd_kafka_headers_t, HeadersDeleter>;

Headers HeadersArgument(const Napi::CallbackInfo& info, size_t index) {
  if (info[index].IsNull() || info[index].IsUndefined()) return nullptr;
  Napi::Array flat = ArrayArgument(info, index, "headers");
  Headers headers(rd_kafka_headers_new(flat.Length() / 2));
  for (uint32_t i = 0; i + 1 < flat.Length(); i += 2) {
    if (!flat.Get(i).IsString())
      throw Napi::TypeError::New(info.Env(), "headers: expected a string as name");
    const std::string name = flat.Get(i).As<Napi::String>();
    const Bytes value = BytesArgument(flat.Get(i + 1), "headers");
    rd_kafka_header_add(headers.get(), name.c_str(), static_cast<ssize_t>(name.size()), value.data,
                        static_cast<ssize_t>(value.size));
  }
  return headers;
}

using ClientPtr = std::shared_ptr<ProducerClient>;

using HandlePtr = rdkafka_tiers::HandlePtr<ProducerClient>;

Napi::Value JsProduce(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::string topic = StringArgument(info, 0, "topic");
  const int32_t partition = IntArgument(info, 1, "partition");
  Headers headers = HeadersArgument(info, 4);
  const auto timestampMs = static_cast<int64_t>(NumberArgument(info, 5, "timestampMs"));
  // Bytes last: nothing of JavaScript runs between here and the copy.
  const Bytes key = BytesArgument(info[2], "key");
  const Bytes value = BytesArgument(info[3], "value");
  ProducerClient& client = handle->Open(info);
  const rd_kafka_resp_err_t code = rd_kafka_producev(
      client.rk(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data, key.size),
      RD_KAFKA_V_VALUE(const_cast<void*>(value.data), value.size),
      RD_KAFKA_V_TIMESTAMP(timestampMs), RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_END);
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Napi::Boolean::New(info.Env(), false);
  ThrowIf(info.Env(), Failure::Of(code));
  (void)headers.release();  // librdkafka's, once it took the message
  return Napi::Boolean::New(info.Env(), true);
}

Napi::Value JsState(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  Napi::Env env = info.Env();
  ProducerClient& client = *handle->client;
  if (client.isOpen()) client.Serve(env);
  Napi::Array state = Napi::Array::New(env, 4);
  state.Set(0u, Napi::Number::New(env, static_cast<double>(client.delivered)));
  state.Set(1u, Napi::Number::New(env, static_cast<double>(client.failed)));
  state.Set(2u, Napi::Number::New(env, client.isOpen() ? rd_kafka_outq_len(client.rk()) : 0));
  state.Set(3u, client.firstError.empty() ? env.Null()
                                          : Napi::Value(Napi::String::New(env, client.firstError)));
  return state;
}

Napi::Value JsServe(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::vector<Event> events = handle->client->Serve(info.Env());
  Napi::Array array = Napi::Array::New(info.Env(), events.size());
  for (uint32_t i = 0; i < events.size(); i++) array.Set(i, ToValue(info.Env(), events[i]));
  return array;
}

Napi::Value JsMetadata(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const bool isAll = info[0].IsNull();
  const std::string topic = isAll ? "" : StringArgument(info, 0, "topic");
  const int32_t timeoutMs = IntArgument(info, 1, "timeoutMs");
  return MetadataCall(info.Env(), handle->Open(info), isAll, topic, timeoutMs);
}

Napi::Value JsDestroy(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return handle->client->DestroyAsync(info.Env());
}

}  // namespace

Napi::Value JsCreateProducer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[1].IsFunction()) throw Napi::TypeError::New(env, "wake: expected a function");
  rd_kafka_conf_t* conf = ConfArgument(info, 0);
  ClientPtr client;
  try {
    client = std::make_shared<ProducerClient>(env, info[1].As<Napi::Function>());
  } catch (...) {
    rd_kafka_conf_destroy(conf);
    throw;
  }
  client->OpenProducer(conf);
  Environment::Of(env).Add(client);
  auto handle = std::make_shared<Handle<ProducerClient>>(std::move(client));
  Napi::Object object = Napi::Object::New(env);
  constexpr Method<ProducerClient> kMethods[] = {{"produce", JsProduce},
                                                 {"state", JsState},
                                                 {"serve", JsServe},
                                                 {"metadata", JsMetadata},
                                                 {"destroy", JsDestroy}};
  AddMethods(object, handle, kMethods);
  return object;
}

}  // namespace rdkafka_tiers
