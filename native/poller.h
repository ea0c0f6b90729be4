// Takes messages and events off librdkafka's consumer queue, and packs messages into batches.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "batch.h"
#include "convert.h"
#include "slab.h"
#include "slots.h"

namespace rdkafka_tiers {

// A batch that is complete.
struct PackedBatch {
  std::shared_ptr<Slab> slab;
  size_t used = 0;
  int32_t count = 0;
};

// The consumer queue of one client: what was taken and not yet packed, and the fence.
// Owns:    a reference to the queue; messages between Take and packing.
// Threads: whoever holds mutex(): the JavaScript thread, or the pump where there is one, the control thread
//          during a seek. librdkafka leaves two batch calls on one queue at a time undefined.
//          urgent events are made inside Take and read by JavaScript under a lock of their own.
// Ends:    Release(), on the control thread, before the rd_kafka_t. A message that is not destroyed by then would block
//          rd_kafka_destroy without limit.
class Poller {
 public:
  explicit Poller(size_t externalLimit);
  ~Poller();

  void Open(rd_kafka_t* rk, rd_kafka_queue_t* queue);
  // From now on polls take from `queue`, to which librdkafka forwards the consumer queue while it closes; what is still
  // queued is for the group's next owner. Under mutex().
  void SwitchTo(rd_kafka_queue_t* queue);
  void Release();

  std::mutex& mutex() { return mutex_; }
  // Under mutex(): every message taken later carries a newer epoch. Returns it.
  int32_t Fence() { return ++epoch_; }

  // Under mutex(), with none taken that are not packed: asks librdkafka for at most `max` messages, without waiting. False
  // when there were none. While the client closes they are dropped, and true means that there may be more.
  bool Take(size_t max);
  // The last Take left nothing in librdkafka's queue.
  bool tookAll() const { return tookAll_; }
  // Takes at most one message behind those not packed yet.
  void TakeOneMore();
  bool hasTaken() const { return next_ < taken_.size(); }
  rd_kafka_message_t* taken() const { return taken_[next_]; }
  // Of the poll that brought taken().
  int32_t takenEpoch() const { return EpochOf(next_); }
  void DropTaken();
  int32_t SlotOf(const rd_kafka_message_t* message) { return slots_.SlotOf(message); }

  // Packs taken messages of one epoch, up to a slab's worth and up to the next error. Empty when an error comes first.
  PackedBatch Pack();
  // The error (or end of partition) that is next among the taken. Destroys it.
  Event TakeErrorEvent();
  // Rows that are likely to fill a slab.
  int32_t RowsPerSlab() const;
  void CountPacked(size_t rows, size_t bytes);

  // Called by librdkafka inside Take.
  void OnRebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* partitions);
  bool hasUrgent() const { return urgentCount_.load(std::memory_order_acquire) > 0; }
  bool TakeUrgent(Event* event);

  Slots& slots() { return slots_; }
  const std::shared_ptr<SlabPool>& pool() const { return pool_; }

 private:
  bool TakeBatch(size_t max);
  int32_t EpochOf(size_t index) const {
    const size_t first = taken_.size() - moreEpochs_.size();
    return index < first ? takenEpoch_ : moreEpochs_[index - first];
  }
  bool AreLost() const;

  const std::shared_ptr<SlabPool> pool_;
  std::mutex mutex_;
  rd_kafka_t* rk_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
  bool isClosing_ = false;
  int32_t epoch_ = 0;
  std::vector<rd_kafka_message_t*> taken_;
  size_t next_ = 0;
  int32_t takenEpoch_ = 0;
  std::vector<int32_t> moreEpochs_;  // of those that TakeOneMore added, behind the batch
  bool tookAll_ = false;
  std::atomic<size_t> bytesPerRow_{256};  // a guess until the first batch
  Slots slots_;
  std::mutex urgentMutex_;
  std::deque<Event> urgent_;
  std::atomic<int32_t> urgentCount_{0};
};

}  // namespace rdkafka_tiers
