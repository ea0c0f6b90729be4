// How a JavaScript object reaches its client. Its methods are closures over a shared handle, not methods of a class:
// called with a wrong receiver, detached from the object or after close, they cannot reach a wrong or freed client.
#pragma once

#include <memory>
#include <utility>

#include "addon.h"

namespace rdkafka_tiers {

// TypeScript knows it by its words, and makes a ClosedError of it.
inline Napi::Error ClientIsClosed(Napi::Env env) {
  return ToError(env, Failure::Of(RD_KAFKA_RESP_ERR__STATE, "the client is closed"));
}

// Shared by all closures of one JavaScript object. Goes with the last of them, that is when the collector takes the
// object: a client nobody closed then ends too.
template <typename T>
struct Handle {
  explicit Handle(std::shared_ptr<T> client) : client(std::move(client)) {}
  ~Handle() {
    client->DestroyFromAnyThread();
    // Here and not with the client, which may end on its control thread after the environment has.
    client->bell().Close();
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  // The client of a call. Read the arguments first: a getter in them may close it.
  T& Open(const Napi::CallbackInfo& info) const {
    if (!client->isOpen()) throw ClientIsClosed(info.Env());
    return *client;
  }

  const std::shared_ptr<T> client;
};

template <typename T>
using HandlePtr = std::shared_ptr<Handle<T>>;

template <typename T>
struct Method {
  const char* name;
  Napi::Value (*call)(const Napi::CallbackInfo&, const HandlePtr<T>&);
};

template <typename T, size_t N>
void AddMethods(Napi::Object object, const HandlePtr<T>& handle, const Method<T> (&methods)[N]) {
  for (const Method<T>& method : methods) {
    object.Set(method.name, Napi::Function::New(
                                object.Env(),
                                [handle, call = method.call](const Napi::CallbackInfo& info) {
                                  return call(info, handle);
                                },
                                method.name));
  }
}

}  // namespace rdkafka_tiers
