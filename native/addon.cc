// The table of contents of the boundary: everything lib/binding.ts may call.
#include "addon.h"

#include <openssl/crypto.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <new>

#include "slab.h"
#include "threads.h"

#ifndef RDKAFKA_TIERS_ALLOCATOR
#define RDKAFKA_TIERS_ALLOCATOR "system"
#endif

namespace rdkafka_tiers {

Environment& Environment::Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

void Environment::Add(const std::shared_ptr<Client>& client) {
  clients_.erase(std::remove_if(clients_.begin(), clients_.end(),
                                [](const std::weak_ptr<Client>& weak) { return weak.expired(); }),
                 clients_.end());
  clients_.push_back(client);
  // Moved behind the newest threadsafe function each time.
  if (hasHook_) napi_remove_env_cleanup_hook(env_, OnCleanup, this);
  hasHook_ = napi_add_env_cleanup_hook(env_, OnCleanup, this) == napi_ok;
}

void Environment::OnCleanup(void* environment) {
  static_cast<Environment*>(environment)->StopAll(std::chrono::milliseconds(250));
}

size_t Environment::liveClients() {
  size_t live = 0;
  for (const auto& weak : clients_) {
    const auto client = weak.lock();
    if (client && client->rk()) live++;
  }
  return live;
}

void Environment::StopAll(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::vector<std::shared_ptr<Client>> clients;
  for (const auto& weak : clients_)
    if (auto client = weak.lock()) clients.push_back(std::move(client));
  for (const auto& client : clients) {
    client->bell().Close();
    client->DestroyFromAnyThread();
  }
  for (const auto& client : clients) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    client->WaitDestroyed(std::max(left, std::chrono::milliseconds(0)));
  }
}

namespace {

Napi::Array Features(Napi::Env env) {
  Napi::Array features = Napi::Array::New(env);
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char list[512];
  size_t size = sizeof list;
  if (rd_kafka_conf_get(conf, "builtin.features", list, &size) == RD_KAFKA_CONF_OK) {
    uint32_t count = 0;
    const std::string text(list);
    for (size_t start = 0; start < text.size();) {
      const size_t comma = std::min(text.find(',', start), text.size());
      features.Set(count++, Napi::String::New(env, text.substr(start, comma - start)));
      start = comma + 1;
    }
  }
  rd_kafka_conf_destroy(conf);
  return features;
}

Napi::Value JsDumpConfiguration(const Napi::CallbackInfo& info) {
  rd_kafka_conf_t* conf = ConfArgument(info, 0);
  Napi::Array flat = Napi::Array::New(info.Env());
  uint32_t at = 0;
  auto append = [&](const char** dump, size_t count) {
    for (size_t i = 0; i < count; i++) flat.Set(at++, Napi::String::New(info.Env(), dump[i]));
    rd_kafka_conf_dump_free(dump, count);
  };
  size_t count = 0;
  const char** dump = rd_kafka_conf_dump(conf, &count);
  append(dump, count);
  if (rd_kafka_topic_conf_t* topic = rd_kafka_conf_get_default_topic_conf(conf)) {
    dump = rd_kafka_topic_conf_dump(topic, &count);
    append(dump, count);
  }
  rd_kafka_conf_destroy(conf);
  return flat;
}

Napi::Value JsErrorName(const Napi::CallbackInfo& info) {
  return Napi::String::New(
      info.Env(),
      rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(IntArgument(info, 0, "code"))));
}

Napi::Value JsErrorMessage(const Napi::CallbackInfo& info) {
  return Napi::String::New(
      info.Env(), rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(IntArgument(info, 0, "code"))));
}

Napi::Value JsCounters(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object counters = Napi::Object::New(env);
  auto set = [&](const char* name, size_t value) {
    counters.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  };
  set("clients", Environment::Of(env).liveClients());
  set("pumps", static_cast<size_t>(pumpThreads.load(std::memory_order_relaxed)));
  set("batchBytes", LiveSlabBytes());
  set("rdkafkaThreads", static_cast<size_t>(rd_kafka_thread_cnt()));
  return counters;
}

Napi::Value JsShutdown(const Napi::CallbackInfo& info) {
  const int32_t timeoutMs = IntArgument(info, 0, "timeoutMs");
  Environment::Of(info.Env()).StopAll(std::chrono::milliseconds(timeoutMs));
  return info.Env().Undefined();
}

#ifdef RDKAFKA_TIERS_SANITIZED
// What the test of leaks must find.
Napi::Value JsLeak(const Napi::CallbackInfo& info) {
  if (!rd_kafka_conf_new()) throw std::bad_alloc();
  return info.Env().Undefined();
}
#endif

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  // First of all calls to it, or it frees at exit() what librdkafka's threads that still run look into.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
  env.SetInstanceData(new Environment(env));
  Napi::Object versions = Napi::Object::New(env);
  versions.Set("librdkafka", rd_kafka_version_str());
  versions.Set("openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
  versions.Set("zlib", zlibVersion());
  versions.Set("zstd", ZSTD_versionString());

  exports.Set("librdkafkaVersion", rd_kafka_version_str());
  exports.Set("features", Features(env));
  exports.Set("allocator", RDKAFKA_TIERS_ALLOCATOR);
  exports.Set("versions", versions);
  exports.Set("createConsumer", Napi::Function::New(env, JsCreateConsumer, "createConsumer"));
  exports.Set("createProducer", Napi::Function::New(env, JsCreateProducer, "createProducer"));
  exports.Set("createMockCluster",
              Napi::Function::New(env, JsCreateMockCluster, "createMockCluster"));
  exports.Set("dumpConfiguration",
              Napi::Function::New(env, JsDumpConfiguration, "dumpConfiguration"));
  exports.Set("errorName", Napi::Function::New(env, JsErrorName, "errorName"));
  exports.Set("errorMessage", Napi::Function::New(env, JsErrorMessage, "errorMessage"));
  exports.Set("counters", Napi::Function::New(env, JsCounters, "counters"));
  exports.Set("shutdown", Napi::Function::New(env, JsShutdown, "shutdown"));
#ifdef RDKAFKA_TIERS_SANITIZED
  exports.Set("leak", Napi::Function::New(env, JsLeak, "leak"));
#endif
  return exports;
}

}  // namespace

}  // namespace rdkafka_tiers

NAPI_MODULE_INIT() { return Napi::RegisterModule(env, exports, rdkafka_tiers::Init); }
