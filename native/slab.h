// Memory of batches: pooled, counted, handed to JavaScript as external ArrayBuffers or copied into V8's own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "napi_setup.h"

namespace rdkafka_tiers {

class SlabPool;

// One block of memory that holds one batch.
// Owns:    its memory, returned to the pool (or freed, when larger than the pool's size) with the last reference.
// Threads: any; a Slab is written by one thread at a time, and handed over under the poller's lock.
// Ends:    when native code and the ArrayBuffer that JavaScript holds have both let go.
class Slab {
 public:
  Slab(std::shared_ptr<SlabPool> pool, uint8_t* data, size_t size);
  ~Slab();
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  friend class SlabPool;
  const std::shared_ptr<SlabPool> pool_;
  uint8_t* const data_;
  const size_t size_;
};

// Owns:    idle slabs, at most kIdleLimit of them, and none after KeepNone.
// Threads: any, under mutex_; the counters are atomic.
// Ends:    with its last Slab or Poller; ArrayBuffers may outlive the consumer, so slabs keep the pool.
class SlabPool : public std::enable_shared_from_this<SlabPool> {
 public:
  // A batch of this size stays in the L2 cache between the thread that packs it and the one that reads it.
  static constexpr size_t kSlabBytes = 256 * 1024;

  explicit SlabPool(size_t externalLimit) : externalLimit_(externalLimit) {}
  ~SlabPool();

  std::shared_ptr<Slab> Take(size_t atLeast);

  // The slab as an ArrayBuffer. External (no copy) while less than the limit is out and the runtime allows it: the
  // collector frees external memory a loop turn late, so a synchronous loop would otherwise hold a whole backlog.
  // `used` bytes are copied where external is not possible. JS thread only.
  Napi::ArrayBuffer Export(Napi::Env env, const std::shared_ptr<Slab>& slab, size_t size,
                           size_t filled, bool* isExternal);

  // As much may be handed out as external memory, without the collector freeing some first.
  bool HasRoomFor(size_t bytes) const {
    return externalBytes_.load(std::memory_order_relaxed) + bytes <= externalLimit_;
  }

  // Frees what is idle, now and from now on: a program may hold on to a closed consumer.
  void KeepNone();

  // All bytes of slabs that are not idle.
  size_t liveBytes() const { return liveBytes_.load(std::memory_order_relaxed); }

 private:
  friend class Slab;
  static constexpr size_t kIdleLimit = 16;

  void Return(uint8_t* data, size_t size);

  const size_t externalLimit_;
  std::mutex mutex_;
  std::vector<uint8_t*> idle_;  // guarded by mutex_, as is how many it may hold
  size_t idleLimit_ = kIdleLimit;
  std::atomic<size_t> liveBytes_{0};
  std::atomic<size_t> externalBytes_{0};
  std::atomic<bool> externalRefused_{false};
};

// Bytes of every slab of the process that is not idle, for tests and metrics.
size_t LiveSlabBytes();

}  // namespace rdkafka_tiers
