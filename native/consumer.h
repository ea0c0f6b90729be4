// The consumer half of a client: the group, the poll, the offsets.
#pragma once

#include <memory>

#include "client.h"
#include "poller.h"
#include "pump.h"

namespace rdkafka_tiers {

// PollMode of lib/binding.ts.
enum class PollMode { kDirect = 0, kDedicated = 1 };

// A Client whose consumer queue is polled by JavaScript or by a thread of its own.
// Owns:    the poller, the pump of the Dedicated tier, and the buffer that rows are being added to.
// Threads: the JavaScript thread, but for ReleaseBeforeDestroy (control thread).
// Ends:    as Client. StopPolling first stops the pump; the control thread joins it and frees what was polled before
//          librdkafka is destroyed, for one message left would block that without limit.
class ConsumerClient : public Client {
 public:
  ConsumerClient(Napi::Env env, Napi::Function wake, PollMode mode, size_t maxBufferedMessages,
                 size_t maxBufferedBytes);

  ~ConsumerClient() override;

  // Takes `conf` over.
  void OpenConsumer(rd_kafka_conf_t* conf);

  // poll() of lib/binding.ts.
  int32_t Poll(napi_env env, size_t max);
  Napi::Value TakeBuffer(Napi::Env env);
  Napi::Value TakeEvent(Napi::Env env);
  void KeepAlive();

  // Runs `change` while nothing polls, and fences: rows of before it carry an older epoch. Returns the new one.
  template <typename Change>
  int32_t Fenced(Change change) {
    std::lock_guard<std::mutex> lock(poller_.mutex());
    const int32_t epoch = poller_.Fence();
    change();
    return epoch;
  }

  // Stops polling and starts to leave the group. Polls then serve what librdkafka asks on the way out.
  Napi::Promise BeginClose(Napi::Env env);
  bool isClosed() const;
  bool isLeaving() const { return phase_ != Phase::kOpen; }
  // From the control thread: polls were refused during a seek, and nobody else would wake JavaScript.
  void WakeAfterSeek();
  Poller& poller() { return poller_; }

 protected:
  void StopPolling() override;
  void ReleaseBeforeDestroy() override;

 private:
  int32_t PollDedicated(napi_env env);
  int32_t HandOut(napi_env env, PumpItem item);
  int32_t PollDirectly(napi_env env, size_t max);
  int32_t TakeAndPack(napi_env env, size_t max);
  int32_t NewBufferFlags(bool isExternal) const;
  void OpenBuffer(Napi::Env env, size_t messageBytes);
  bool BufferWasDetached() const;
  void CloseBuffer();
  void OnQueueReady();
  void FinishLeaving();

  Poller poller_;
  const PollMode mode_;
  const size_t maxBufferedMessages_;
  const size_t maxBufferedBytes_;
  std::unique_ptr<Pump> pump_;
  enum class Phase { kOpen, kStopping, kLeaving };
  std::atomic<Phase> phase_{Phase::kOpen};

  // JavaScript thread: the buffer that poll() adds rows to, or the one it handed out last (Dedicated).
  Napi::Reference<Napi::ArrayBuffer> buffer_;
  std::shared_ptr<Slab> slab_;  // null where V8 owns the buffer's memory
  BatchWriter writer_;
  int32_t writerEpoch_ = 0;
  size_t writerStart_ = 0;
  Event nextEvent_;
};

}  // namespace rdkafka_tiers
