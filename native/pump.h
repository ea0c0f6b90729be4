// The Dedicated tier: a thread that polls and packs while JavaScript works on what it has.
#pragma once

#include <uv.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "poller.h"

namespace rdkafka_tiers {

// What the pump hands over, in order: a batch, or an event where batch.slab is null.
struct PumpItem {
  PackedBatch batch;
  Event event;
};

// Owns:    one libuv thread, and the ring of batches that wait for JavaScript, bounded in messages and bytes (and exceeded
//          by at most what one poll took, as its size is known only then).
// Threads: Start, Pop, BeforeTake, AfterTake, KeepAlive the JavaScript thread; WakeFromAnyThread any (also inside
//          librdkafka's queue callback: it takes only this lock); RequestStop any; Join the control thread.
// Ends:    RequestStop, then Join. It polls nothing once stopped.
//
// While the ring is empty JavaScript takes and packs by itself, and while it waits the pump sleeps on: a thread more
// between librdkafka and JavaScript costs as much as what it would do. The pump begins when JavaScript has not emptied
// librdkafka's queue for a while (kTakeOverNs): it is slow, or has more to do than one thread can.
//
// Each poll counts for librdkafka's max.poll.interval.ms, so it polls only while JavaScript is alive: it took something,
// or said with KeepAlive that it waits, within the last tenth of that interval. Otherwise a ring with room would hide an
// event loop that stands still, and the group would keep a member that does nothing.
class Pump {
 public:
  Pump(Poller& poller, size_t maxMessages, size_t maxBytes, int maxPollIntervalMs,
       std::function<void()> onItems);
  ~Pump();

  void Start();
  void RequestStop();
  void Join();

  bool Pop(PumpItem* item);
  // Around a Take of JavaScript's own, under the poller's mutex: what arrives during it is not missed.
  void BeforeTake();
  void AfterTake(bool gotAny, bool tookAll);
  void KeepAlive();
  // librdkafka's queue is no longer empty. True when JavaScript waits for that: it is to be woken instead.
  bool WakeFromAnyThread();

 private:
  // JavaScript returns by itself within this time when it is fast; above it, rebalances would wait for it.
  static constexpr uint64_t kTakeOverNs = 20 * 1000 * 1000;

  void Run();
  void Notify();
  bool HasRoom() const { return messages_ < maxMessages_ && bytes_ < maxBytes_; }
  bool JavaScriptIsAlive() const;
  // Polls once, whatever the ring holds: that tells librdkafka. Under mutex_.
  void Revive();
  void Push(PumpItem item);
  // Polls once. False when there was nothing.
  bool TakeAndPack(size_t max);
  void PackTaken();
  // The thread ends: tells JavaScript with a fatal error.
  void Fail(const char* reason);

  Poller& poller_;
  const size_t maxMessages_;
  const size_t maxBytes_;
  const uint64_t aliveForNs_;
  const std::function<void()> onItems_;  // from the pump's thread

  uv_thread_t thread_{};
  bool isStarted_ = false;

  std::mutex mutex_;  // guards what follows
  std::condition_variable condition_;
  std::deque<PumpItem> ring_;
  size_t messages_ = 0;
  size_t bytes_ = 0;
  bool isReady_ = true;       // librdkafka's queue may hold something
  bool jsWaits_ = false;      // JavaScript found nothing, and returns only when it is woken
  uint64_t jsTookAllNs_ = 0;  // when JavaScript last left nothing in the queue
  bool isStopping_ = false;
  bool isParked_ = false;  // the thread waits, without a timeout
  bool keepAliveAsked_ = false;
  uint64_t lastAliveNs_ = 0;
};

}  // namespace rdkafka_tiers
