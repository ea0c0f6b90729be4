#include "consumer.h"

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "events.h"

namespace rdkafka_tiers {

namespace {

// POLL_ of lib/binding.ts.
constexpr int32_t kPollNothing = 0;
constexpr int32_t kPollEvent = -1;
constexpr int32_t kPollNewBuffer = 0x40000000;
constexpr int32_t kPollNeedsTurn = 0x20000000;

// Memory that JavaScript has let go of comes back when V8 has collected its young objects, and it does so by itself when
// these hold 32 MiB in its own buffers. With 8 MiB and messages of 1 KiB nearly every batch was copied.
constexpr size_t kExternalPerBuffered = 4;

constexpr int kLeaveTimeoutMs = 60000;
constexpr int kLeavePollMs = 5;

int MaxPollIntervalMs(const rd_kafka_conf_t* conf) {
  char value[32];
  size_t size = sizeof value;
  if (rd_kafka_conf_get(conf, "max.poll.interval.ms", value, &size) != RD_KAFKA_CONF_OK)
    return 300000;
  return std::atoi(value);
}

}  // namespace

ConsumerClient::ConsumerClient(Napi::Env env, Napi::Function wake, PollMode mode,
                               size_t maxBufferedMessages, size_t maxBufferedBytes)
    : Client(env, wake),
      poller_(kExternalPerBuffered * maxBufferedBytes),
      mode_(mode),
      maxBufferedMessages_(maxBufferedMessages),
      maxBufferedBytes_(maxBufferedBytes) {}

// After a constructor that threw; otherwise the control thread has done this long ago. While librdkafka's callback is
// set, the pump must not go.
ConsumerClient::~ConsumerClient() {
  if (pump_) {
    pump_->RequestStop();
    pump_->Join();
  }
  poller_.Release();
}

void ConsumerClient::OpenConsumer(rd_kafka_conf_t* conf) {
  const int maxPollIntervalMs = MaxPollIntervalMs(conf);
  rd_kafka_conf_set_rebalance_cb(
      conf, [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
               void* opaque) {
        // Answered by JavaScript, later: the group waits for it.
        static_cast<ConsumerClient*>(static_cast<Client*>(opaque))
            ->poller_.OnRebalance(code, partitions);
      });
  Open(RD_KAFKA_CONSUMER, conf);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(rk());
  if (!queue) {
    // librdkafka makes no consumer queue without a group.
    throw ToError(bell().env(), Failure::Of(RD_KAFKA_RESP_ERR__UNKNOWN_GROUP));
  }
  poller_.Open(rk(), queue);
  if (mode_ == PollMode::kDedicated) {
    pump_ =
        std::make_unique<Pump>(poller_, maxBufferedMessages_, maxBufferedBytes_, maxPollIntervalMs,
                               [this] { bell().RingFromAnyThread(kWakeRows); });
  }
  rd_kafka_queue_cb_event_enable(
      queue,
      [](rd_kafka_t*, void* opaque) {
        static_cast<ConsumerClient*>(static_cast<Client*>(opaque))->OnQueueReady();
      },
      static_cast<Client*>(this));
  if (pump_) pump_->Start();
}

// On librdkafka's threads, with the queue locked.
void ConsumerClient::OnQueueReady() {
  if (!pump_ || pump_->WakeFromAnyThread()) bell().RingFromAnyThread(kWakeRows);
}

int32_t ConsumerClient::Poll(napi_env env, size_t max) {
  if (!isOpen()) return kPollNothing;
  if (poller_.hasUrgent() && poller_.TakeUrgent(&nextEvent_)) return kPollEvent;
  const Phase phase = phase_;
  if (phase == Phase::kStopping || max == 0) return kPollNothing;
  return pump_ && phase == Phase::kOpen ? PollDedicated(env) : PollDirectly(env, max);
}

int32_t ConsumerClient::PollDedicated(napi_env env) {
  PumpItem item;
  if (pump_->Pop(&item)) return HandOut(env, std::move(item));
  // Held while the pump packs, which rings for what it found, or by the control thread during a seek, which rings at its end.
  std::unique_lock<std::mutex> lock(poller_.mutex(), std::try_to_lock);
  if (!lock.owns_lock()) return kPollNothing;
  if (pump_->Pop(&item)) return HandOut(env, std::move(item));
  return TakeAndPack(env, static_cast<size_t>(poller_.RowsPerSlab()));
}

int32_t ConsumerClient::HandOut(napi_env env, PumpItem item) {
  if (!item.batch.slab) {
    nextEvent_ = std::move(item.event);
    return kPollEvent;
  }
  bool isExternal;
  Napi::HandleScope scope(env);
  CloseBuffer();
  buffer_ = Napi::Reference<Napi::ArrayBuffer>::New(
      poller_.pool()->Export(env, item.batch.slab, item.batch.used, item.batch.used, &isExternal),
      1);
  return item.batch.count | NewBufferFlags(isExternal);
}

int32_t ConsumerClient::PollDirectly(napi_env env, size_t max) {
  // Held by the control thread during a seek; that rings when it is done.
  std::unique_lock<std::mutex> lock(poller_.mutex(), std::try_to_lock);
  return lock.owns_lock() ? TakeAndPack(env, max) : kPollNothing;
}

int32_t ConsumerClient::TakeAndPack(napi_env env, size_t max) {
  if (!poller_.hasTaken()) {
    if (pump_) pump_->BeforeTake();
    const bool gotAny = poller_.Take(max);
    if (pump_) pump_->AfterTake(gotAny || poller_.hasUrgent(), poller_.tookAll());
    if (poller_.hasUrgent() && poller_.TakeUrgent(&nextEvent_)) return kPollEvent;
    if (!gotAny) return kPollNothing;
    if (!poller_.hasTaken()) {
      // Closing, and there may be more to drop: on another turn of the event loop.
      bell().RingFromAnyThread(kWakeRows);
      return kPollNothing;
    }
  }
  if (poller_.taken()->err) {
    nextEvent_ = poller_.TakeErrorEvent();
    return kPollEvent;
  }
  int32_t count = 0;
  int32_t isNew = 0;
  while (poller_.hasTaken() && !poller_.taken()->err) {
    const rd_kafka_message_t* message = poller_.taken();
    const size_t bytes = MessageBytes(message);
    if (!writer_.isOpen() || writerEpoch_ != poller_.takenEpoch() || !writer_.Fits(bytes) ||
        (count == 0 && BufferWasDetached())) {
      if (count) break;  // the rest goes into the next buffer, at the next poll
      OpenBuffer(env, bytes);
      isNew = NewBufferFlags(slab_ != nullptr);
    }
    writer_.Append(message, poller_.SlotOf(message));
    poller_.DropTaken();
    count++;
  }
  return count | isNew;
}

int32_t ConsumerClient::NewBufferFlags(bool isExternal) const {
  const bool hasRoom = isExternal || poller_.pool()->HasRoomFor(SlabPool::kSlabBytes);
  return kPollNewBuffer | (hasRoom ? 0 : kPollNeedsTurn);
}

void ConsumerClient::OpenBuffer(Napi::Env env, size_t messageBytes) {
  Napi::HandleScope scope(env);
  CloseBuffer();
  int32_t rows = poller_.RowsPerSlab();
  size_t size = SlabPool::kSlabBytes;
  if (kBatchHeaderBytes + static_cast<size_t>(rows) * kBatchRowBytes + messageBytes > size) {
    rows = 1;
    size = kBatchHeaderBytes + kBatchRowBytes + messageBytes;
    if (size < SlabPool::kSlabBytes) size = SlabPool::kSlabBytes;
  }
  slab_ = poller_.pool()->Take(size);
  bool isExternal;
  Napi::ArrayBuffer buffer = poller_.pool()->Export(env, slab_, slab_->size(), 0, &isExternal);
  buffer_ = Napi::Reference<Napi::ArrayBuffer>::New(buffer, 1);
  if (!isExternal) slab_.reset();  // rows go straight into V8's memory
  writer_ = BatchWriter(static_cast<uint8_t*>(buffer.Data()), size, rows, poller_.takenEpoch());
  writerEpoch_ = poller_.takenEpoch();
  writerStart_ = writer_.used();
}

// User code may transfer a buffer that V8 owns to a worker; what it then points to is no longer ours to write.
// External ones stay ours: slab_ keeps their memory.
bool ConsumerClient::BufferWasDetached() const {
  return !slab_ && !buffer_.IsEmpty() && buffer_.Value().IsDetached();
}

void ConsumerClient::CloseBuffer() {
  poller_.CountPacked(static_cast<size_t>(writer_.count()), writer_.used() - writerStart_);
  writer_ = BatchWriter();
  writerStart_ = 0;
  buffer_.Reset();
  slab_.reset();
}

Napi::Value ConsumerClient::TakeBuffer(Napi::Env env) {
  if (buffer_.IsEmpty()) return env.Undefined();
  Napi::Value value = buffer_.Value();
  // A complete batch is JavaScript's alone; one that still grows is kept until it is full.
  if (!writer_.isOpen()) buffer_.Reset();
  return value;
}

Napi::Value ConsumerClient::TakeEvent(Napi::Env env) {
  Event event;
  event.swap(nextEvent_);
  return ToValue(env, event);
}

void ConsumerClient::KeepAlive() {
  if (!isOpen() || phase_ != Phase::kOpen) return;
  if (pump_) {
    pump_->KeepAlive();
    return;
  }
  std::unique_lock<std::mutex> lock(poller_.mutex(), std::try_to_lock);
  if (!lock.owns_lock()) return;
  poller_.TakeOneMore();
  if (poller_.hasTaken() || poller_.hasUrgent()) bell().RingFromAnyThread(kWakeRows);
}

Napi::Promise ConsumerClient::BeginClose(Napi::Env env) {
  phase_ = Phase::kStopping;
  StopPolling();
  return Call(
      env,
      [this](rd_kafka_t* rk) {
        if (pump_) pump_->Join();
        std::lock_guard<std::mutex> lock(poller_.mutex());
        rd_kafka_queue_t* queue = rd_kafka_queue_new(rk);
        rd_kafka_queue_cb_event_enable(
            queue,
            [](rd_kafka_t*, void* opaque) {
              static_cast<Client*>(opaque)->bell().RingFromAnyThread(kWakeRows);
            },
            static_cast<Client*>(this));
        poller_.SwitchTo(queue);
        const Failure failure = Failure::Of(rd_kafka_consumer_close_queue(rk, queue));
        // Refused after a fatal error: there is no group to leave any more, nor an end of that to wait for.
        if (!failure) phase_ = Phase::kLeaving;
        bell().RingFromAnyThread(kWakeRows);
        return failure;
      },
      [](Napi::Env env) { return env.Undefined(); });
}

bool ConsumerClient::isClosed() const { return !isOpen() || rd_kafka_consumer_closed(rk()); }

void ConsumerClient::WakeAfterSeek() { bell().RingFromAnyThread(kWakeRows); }

void ConsumerClient::StopPolling() {
  CloseBuffer();  // here, for a reference must go on the JavaScript thread
  if (pump_) pump_->RequestStop();
}

void ConsumerClient::ReleaseBeforeDestroy() {
  if (pump_) pump_->Join();
  poller_.Release();
  if (phase_ == Phase::kLeaving) FinishLeaving();
}

// A close that ran out of time leaves librdkafka in the middle of it. Destroyed there, it waits without limit, its main
// thread spinning: for the answer to a rebalance, and for the response to a LeaveGroup whose request destroying has
// cancelled.
void ConsumerClient::FinishLeaving() {
  // While it closes, this answers either kind of rebalance, in every protocol.
  if (!rd_kafka_consumer_closed(rk())) rd_kafka_assign(rk(), nullptr);
  // Five seconds for LeaveGroup; the session's timeout for a commit that waits for a coordinator.
  for (int waited = 0; waited < kLeaveTimeoutMs && !rd_kafka_consumer_closed(rk());
       waited += kLeavePollMs)
    std::this_thread::sleep_for(std::chrono::milliseconds(kLeavePollMs));
}

}  // namespace rdkafka_tiers
