#include "pump.h"

#include <algorithm>
#include <chrono>

#include "events.h"
#include "threads.h"

namespace rdkafka_tiers {

Pump::Pump(Poller& poller, size_t maxMessages, size_t maxBytes, int maxPollIntervalMs,
           std::function<void()> onItems)
    : poller_(poller),
      maxMessages_(maxMessages),
      maxBytes_(maxBytes),
      aliveForNs_(static_cast<uint64_t>(maxPollIntervalMs) * (1000000 / 10)),
      onItems_(std::move(onItems)),
      lastAliveNs_(uv_hrtime()) {}

Pump::~Pump() {
  RequestStop();
  Join();
}

void Pump::Start() {
  SignalsBlocked blocked;  // the thread inherits it: signals are JavaScript's
  if (uv_thread_create(
          &thread_, [](void* pump) { static_cast<Pump*>(pump)->Run(); }, this) != 0)
    throw std::runtime_error("cannot start the Dedicated tier's thread");
  isStarted_ = true;
  CountThread(1);
}

void Pump::RequestStop() {
  std::lock_guard<std::mutex> lock(mutex_);
  isStopping_ = true;
  condition_.notify_one();
}

void Pump::Join() {
  if (!isStarted_) return;
  uv_thread_join(&thread_);
  isStarted_ = false;
  CountThread(-1);
  // Nobody takes them any more, and a program may hold on to a closed consumer.
  std::lock_guard<std::mutex> lock(mutex_);
  ring_.clear();
}

bool Pump::Pop(PumpItem* item) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!JavaScriptIsAlive()) Revive();
  lastAliveNs_ = uv_hrtime();
  if (ring_.empty()) return false;
  jsWaits_ = false;
  *item = std::move(ring_.front());
  ring_.pop_front();
  messages_ -= static_cast<size_t>(item->batch.count);
  bytes_ -= item->batch.used;
  // Woken at half, not at once: a thread switch for each batch costs more than the batch.
  if (isReady_ && messages_ <= maxMessages_ / 2 && bytes_ <= maxBytes_ / 2) Notify();
  return true;
}

void Pump::BeforeTake() {
  std::lock_guard<std::mutex> lock(mutex_);
  isReady_ = false;
  jsWaits_ = true;
}

void Pump::AfterTake(bool gotAny, bool tookAll) {
  std::lock_guard<std::mutex> lock(mutex_);
  jsWaits_ = !gotAny;
  if (tookAll)
    jsTookAllNs_ = uv_hrtime();
  else
    isReady_ = true;
  if (isReady_ && !jsWaits_) Notify();
}

void Pump::Notify() {
  if (isParked_) condition_.notify_one();
}

void Pump::KeepAlive() {
  std::lock_guard<std::mutex> lock(mutex_);
  Revive();
  lastAliveNs_ = uv_hrtime();
}

void Pump::Revive() {
  keepAliveAsked_ = true;
  condition_.notify_one();
}

bool Pump::WakeFromAnyThread() {
  std::lock_guard<std::mutex> lock(mutex_);
  isReady_ = true;
  if (jsWaits_) return true;
  Notify();
  return false;
}

bool Pump::JavaScriptIsAlive() const { return uv_hrtime() - lastAliveNs_ < aliveForNs_; }

void Pump::Push(PumpItem item) {
  std::lock_guard<std::mutex> lock(mutex_);
  messages_ += static_cast<size_t>(item.batch.count);
  bytes_ += item.batch.used;
  ring_.push_back(std::move(item));
}

bool Pump::TakeAndPack(size_t max) {
  std::lock_guard<std::mutex> polling(poller_.mutex());
  // What JavaScript took and had no room for goes first.
  const bool hadAny = poller_.hasTaken();
  PackTaken();
  const bool gotAny = poller_.Take(max);
  PackTaken();
  return hadAny || gotAny;
}

void Pump::PackTaken() {
  while (poller_.hasTaken()) {
    if (poller_.taken()->err)
      Push(PumpItem{{}, poller_.TakeErrorEvent()});
    else
      Push(PumpItem{poller_.Pack(), {}});
  }
}

void Pump::Fail(const char* reason) {
  try {
    Push(PumpItem{{},
                  {kConsumerError, static_cast<double>(RD_KAFKA_RESP_ERR__FATAL),
                   std::string("the thread of the Dedicated tier ended: ") + reason, true, false,
                   Field(nullptr), -1.0, -1.0}});
  } catch (const std::exception&) {
    // No memory even for that. The group will evict a member that no longer polls.
  }
  onItems_();
}

void Pump::Run() {
  for (;;) {
    size_t max = 1;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      for (;;) {
        if (isStopping_) return;
        if (keepAliveAsked_) break;
        if (isReady_ && !jsWaits_ && HasRoom() && JavaScriptIsAlive()) {
          const uint64_t sinceNs = uv_hrtime() - jsTookAllNs_;
          if (sinceNs >= kTakeOverNs) break;
          condition_.wait_for(lock, std::chrono::nanoseconds(kTakeOverNs - sinceNs));
          continue;
        }
        isParked_ = true;
        condition_.wait(lock);
        isParked_ = false;
      }
      if (keepAliveAsked_ && !HasRoom()) {
        max = 1;
      } else {
        max = std::min(static_cast<size_t>(poller_.RowsPerSlab()),
                       std::max<size_t>(1, maxMessages_ - messages_));
      }
      keepAliveAsked_ = false;
      // Cleared before the poll: what arrives during it sets it again.
      isReady_ = false;
    }

    bool gotAny = false;
    try {
      gotAny = TakeAndPack(max);
    } catch (const std::exception& error) {
      Fail(error.what());
      return;
    }
    if (gotAny) {
      std::lock_guard<std::mutex> lock(mutex_);
      isReady_ = true;  // there may be more; librdkafka signals only what was empty
    }
    if (gotAny || poller_.hasUrgent()) onItems_();
  }
}

}  // namespace rdkafka_tiers
