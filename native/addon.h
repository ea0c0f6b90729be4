// Per-environment state: what must be stopped when the environment ends.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "client.h"

namespace rdkafka_tiers {

// Owns:    nothing of the clients but weak references.
// Threads: the JavaScript thread of its environment.
// Ends:    the environment's cleanup hook, or process 'exit' of the main thread, where no hook runs.
class Environment {
 public:
  static Environment& Of(Napi::Env env);

  explicit Environment(Napi::Env env) : env_(env) {}
  // Also registers the hook that stops the client. After the client's threadsafe function was made: hooks run last
  // first, and one registered before it would find it closing.
  void Add(const std::shared_ptr<Client>& client);
  size_t liveClients();
  // Ends every client without leaving groups, and waits at most `timeout` for all of them together.
  void StopAll(std::chrono::milliseconds timeout);

 private:
  static void OnCleanup(void* environment);

  const napi_env env_;
  std::vector<std::weak_ptr<Client>> clients_;
  bool hasHook_ = false;
};

Napi::Value JsCreateConsumer(const Napi::CallbackInfo& info);
Napi::Value JsCreateProducer(const Napi::CallbackInfo& info);
Napi::Value JsCreateMockCluster(const Napi::CallbackInfo& info);

// Metadata as JSON, off the JavaScript thread.
Napi::Promise MetadataCall(Napi::Env env, Client& client, bool isAll, const std::string& topic,
                           int timeoutMs);

}  // namespace rdkafka_tiers
