#include "poller.h"

#include <algorithm>
#include <string>

#include "events.h"

namespace rdkafka_tiers {

namespace {

// Fields of a kRebalance event.
constexpr size_t kRebalanceKind = 1;
constexpr size_t kRebalanceLost = 2;

}  // namespace

namespace {
constexpr size_t kClosingBatch = 1000;
constexpr int kClosingRounds = 16;
}  // namespace

Poller::Poller(size_t externalLimit) : pool_(std::make_shared<SlabPool>(externalLimit)) {}

Poller::~Poller() { Release(); }

void Poller::Open(rd_kafka_t* rk, rd_kafka_queue_t* queue) {
  rk_ = rk;
  queue_ = queue;
}

void Poller::SwitchTo(rd_kafka_queue_t* queue) {
  rd_kafka_queue_cb_event_enable(queue_, nullptr, nullptr);
  rd_kafka_queue_destroy(queue_);
  queue_ = queue;
  isClosing_ = true;
  while (hasTaken()) DropTaken();
}

void Poller::Release() {
  while (hasTaken()) DropTaken();
  pool_->KeepNone();
  if (!queue_) return;
  rd_kafka_queue_cb_event_enable(queue_, nullptr, nullptr);
  rd_kafka_queue_destroy(queue_);
  queue_ = nullptr;
}

bool Poller::Take(size_t max) {
  if (!queue_) return false;
  takenEpoch_ = epoch_;
  moreEpochs_.clear();
  if (!isClosing_) return TakeBatch(max);
  // What arrives while the client closes was never delivered; its next owner reads it again. Fetchers may go on filling
  // the queue for a while: the event loop must turn in between.
  for (int round = 0; round < kClosingRounds; round++) {
    if (!TakeBatch(kClosingBatch)) return false;
    while (hasTaken()) DropTaken();
  }
  return true;
}

bool Poller::TakeBatch(size_t max) {
  taken_.resize(max);
  const ssize_t count = rd_kafka_consume_batch_queue(queue_, 0, taken_.data(), max);
  taken_.resize(count > 0 ? static_cast<size_t>(count) : 0);
  tookAll_ = taken_.size() < max;
  next_ = 0;
  return hasTaken();
}

void Poller::TakeOneMore() {
  if (!hasTaken()) {
    Take(1);
    return;
  }
  if (!queue_) return;
  moreEpochs_.reserve(moreEpochs_.size() + 1);
  taken_.reserve(taken_.size() + 1);
  if (rd_kafka_message_t* message = rd_kafka_consumer_poll(rk_, 0)) {
    taken_.push_back(message);
    moreEpochs_.push_back(epoch_);
  }
}

void Poller::DropTaken() { rd_kafka_message_destroy(taken_[next_++]); }

int32_t Poller::RowsPerSlab() const {
  const size_t rows = (SlabPool::kSlabBytes - kBatchHeaderBytes) / (kBatchRowBytes + bytesPerRow_);
  return static_cast<int32_t>(std::clamp<size_t>(rows, 1, 4096));
}

void Poller::CountPacked(size_t rows, size_t bytes) {
  if (rows) bytesPerRow_ = (bytesPerRow_ + bytes / rows) / 2;  // by whoever packs
}

PackedBatch Poller::Pack() {
  // How many fit, so that the columns have just as many rows.
  size_t rows = 0;
  size_t bytes = 0;
  const size_t room = SlabPool::kSlabBytes - kBatchHeaderBytes;
  const int32_t epoch = takenEpoch();
  for (size_t i = next_; i < taken_.size() && !taken_[i]->err && EpochOf(i) == epoch; i++) {
    const size_t size = MessageBytes(taken_[i]);
    if (rows && bytes + size + (rows + 1) * kBatchRowBytes > room) break;
    bytes += size;
    rows++;
  }
  if (rows == 0) return {};

  const size_t total = kBatchHeaderBytes + rows * kBatchRowBytes + bytes;
  PackedBatch batch{pool_->Take(total), 0, static_cast<int32_t>(rows)};
  BatchWriter writer(batch.slab->data(), batch.slab->size(), batch.count, epoch);
  for (size_t i = 0; i < rows; i++) {
    writer.Append(taken(), SlotOf(taken()));
    DropTaken();
  }
  writer.Finish();
  batch.used = writer.used();
  CountPacked(rows, bytes);
  return batch;
}

Event Poller::TakeErrorEvent() {
  const rd_kafka_message_t* message = taken();
  const char* topic = message->rkt ? rd_kafka_topic_name(message->rkt) : nullptr;
  Event event;
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    event = {kPartitionEof, std::string(topic ? topic : ""),
             static_cast<double>(message->partition), static_cast<double>(message->offset),
             static_cast<double>(takenEpoch())};
  } else {
    const char* text = rd_kafka_message_errstr(message);
    rd_kafka_resp_err_t code = message->err;
    const bool isFatal = code == RD_KAFKA_RESP_ERR__FATAL;
    // It says that there is one, not which.
    char fatalText[512];
    if (isFatal) {
      code = rd_kafka_fatal_error(rk_, fatalText, sizeof fatalText);
      text = fatalText;
    }
    event = {kConsumerError,
             static_cast<double>(code),
             std::string(text ? text : rd_kafka_err2str(code)),
             isFatal,
             false,
             topic ? Field(std::string(topic)) : Field(nullptr),
             static_cast<double>(message->partition),
             static_cast<double>(message->offset),
             static_cast<double>(takenEpoch())};
  }
  DropTaken();
  return event;
}

void Poller::OnRebalance(rd_kafka_resp_err_t code,
                         const rd_kafka_topic_partition_list_t* partitions) {
  const char* kind = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS   ? "assign"
                     : code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS ? "revoke"
                                                                    : "error";
  const char* protocol = rd_kafka_rebalance_protocol(rk_);
  Event event{kRebalance, std::string(kind), false, std::string(protocol ? protocol : "NONE"),
              std::string(rd_kafka_err2str(code))};
  for (int i = 0; partitions && i < partitions->cnt; i++) {
    event.emplace_back(std::string(partitions->elems[i].topic));
    event.emplace_back(static_cast<double>(partitions->elems[i].partition));
  }
  std::lock_guard<std::mutex> lock(urgentMutex_);
  urgent_.push_back(std::move(event));
  urgentCount_.fetch_add(1, std::memory_order_release);
}

// librdkafka does not call partitions lost whose revocation was on its way when the group gave this member up. It has
// forgotten its member id then.
bool Poller::AreLost() const {
  if (rd_kafka_assignment_lost(rk_)) return true;
  char* id = rd_kafka_memberid(rk_);
  const bool hasNone = id == nullptr || *id == '\0';
  if (id) rd_kafka_mem_free(rk_, id);
  return hasNone;
}

bool Poller::TakeUrgent(Event* event) {
  {
    std::lock_guard<std::mutex> lock(urgentMutex_);
    if (urgent_.empty()) return false;
    *event = std::move(urgent_.front());
    urgent_.pop_front();
    urgentCount_.fetch_sub(1, std::memory_order_release);
  }
  // Asked now, not when it came: JavaScript may have been held up for longer than the group waits.
  if (std::get<std::string>((*event)[kRebalanceKind]) == "revoke")
    (*event)[kRebalanceLost] = AreLost();
  return true;
}

}  // namespace rdkafka_tiers
