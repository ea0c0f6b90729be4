#include "bell.h"

namespace rdkafka_tiers {

Bell::Bell(Napi::Env env, Napi::Function wake) : env_(env) {
  auto* context = new std::shared_ptr<State>(state_);
  const napi_status status = napi_create_threadsafe_function(
      env, wake, nullptr, Napi::String::New(env, "rdkafka-tiers wake-up"), 0, 1, context,
      [](napi_env, void*, void* context) { delete static_cast<std::shared_ptr<State>*>(context); },
      context, Call, &state_->function);
  if (status != napi_ok) {
    delete context;
    throw Napi::Error::New(env, "cannot create the wake-up function");
  }
}

void Bell::RingFromAnyThread(int32_t bits) {
  if (state_->bits.fetch_or(bits, std::memory_order_acq_rel) != 0) return;  // already rung
  std::lock_guard<std::mutex> lock(state_->mutex);
  if (!state_->function) return;
  if (napi_call_threadsafe_function(state_->function, nullptr, napi_tsfn_nonblocking) ==
      napi_closing) {
    state_->function = nullptr;  // the environment ends; touching it again would abort
  }
}

void Bell::Call(napi_env env, napi_value wake, void* context, void*) {
  // Without an environment the function is being torn down: its finalizer has run, and the context is gone.
  if (!env) return;
  State& state = **static_cast<std::shared_ptr<State>*>(context);
  const int32_t bits = state.bits.exchange(0, std::memory_order_acq_rel);
  if (bits == 0) return;
  napi_value argument, undefined, result;
  napi_create_int32(env, bits, &argument);
  napi_get_undefined(env, &undefined);
  if (napi_call_function(env, undefined, wake, 1, &argument, &result) == napi_pending_exception) {
    // Node-API below version 10 swallows what is thrown here with a warning: raise it as uncaughtException instead.
    napi_value exception;
    napi_get_and_clear_last_exception(env, &exception);
    napi_fatal_exception(env, exception);
  }
}

void Bell::Close() {
  std::lock_guard<std::mutex> lock(state_->mutex);
  if (!state_->function) return;
  napi_release_threadsafe_function(state_->function, napi_tsfn_abort);
  state_->function = nullptr;
}

void Bell::Ref() {
  std::lock_guard<std::mutex> lock(state_->mutex);
  if (state_->function && !isReferenced_) napi_ref_threadsafe_function(env_, state_->function);
  isReferenced_ = true;
}

void Bell::Unref() {
  std::lock_guard<std::mutex> lock(state_->mutex);
  if (state_->function && isReferenced_) napi_unref_threadsafe_function(env_, state_->function);
  isReferenced_ = false;
}

}  // namespace rdkafka_tiers
