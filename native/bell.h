// Wakes the event loop from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "napi_setup.h"

namespace rdkafka_tiers {

// One doorbell: rung any number of times, it calls the JavaScript function once with what was rung for.
// Owns:    a threadsafe function, and through it the wake-up function.
// Threads: RingFromAnyThread any, also inside librdkafka's queue callback, which holds the queue's lock: it takes only
//          this lock and signals the loop. Everything else the JavaScript thread.
// Ends:    Close(), by close, finalizer or environment hook. After it nothing touches the threadsafe function: used
//          after the environment's end it aborts the process on Node 20 and 22. Rings that come later are no-ops,
//          which is why librdkafka's callbacks hold a shared_ptr and never outlive their Bell.
class Bell {
 public:
  Bell(Napi::Env env, Napi::Function wake);
  ~Bell() { Close(); }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void RingFromAnyThread(int32_t bits);
  void Close();
  Napi::Env env() const { return Napi::Env(env_); }
  void Ref();
  void Unref();

 private:
  static void Call(napi_env env, napi_value wake, void* context, void* data);

  // The threadsafe function's finalizer may run after the Bell has gone, hence shared.
  struct State {
    std::mutex mutex;
    napi_threadsafe_function function = nullptr;  // null once closed
    std::atomic<int32_t> bits{0};
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
  const napi_env env_;
  bool isReferenced_ = true;
};

}  // namespace rdkafka_tiers
