// A batch: many messages in one block of memory.
//
//   byte 0   int32 capacity    rows the columns have room for (C)
//        4   int32 count       rows written when the block was handed over; a block that grows poll by poll
//                              keeps 0 here, and poll() tells how many were added
//        8   int32 epoch       the fence at which all its rows were polled
//       12   int32 unused
//       16   int64 offset[C]
//            int64 timestamp[C]        milliseconds, -1 none
//            int32 slot[C]             topic and partition, see slots.h
//            int32 start[C]            where the row's bytes begin, from byte 0: key, value, headers, without gaps
//            int32 keyLength[C]        -1 null
//            int32 valueLength[C]      -1 null
//            int32 headersLength[C]    bytes of the headers block, -1 no headers
//            int32 leaderEpoch[C]      -1 unknown
//            int32 timestampType[C]    0 none, 1 create time, 2 log append time
//            bytes
//
//   headers block: int32 count, then for each header int32 name length, int32 value length (-1 null), name, value
//
// Integers are in the machine's own byte order; a block never leaves the process. Read by lib/message/block.ts.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <cstdint>

namespace rdkafka_tiers {

constexpr size_t kBatchHeaderBytes = 16;
constexpr size_t kBatchRowBytes = 2 * 8 + 7 * 4;

// Bytes of a message outside its row: key, value and headers block.
size_t MessageBytes(const rd_kafka_message_t* message);

// Writes rows into one block.
// Owns:    nothing; the block outlives it.
// Threads: one at a time.
class BatchWriter {
 public:
  BatchWriter() = default;
  // `size` bytes at `data`, aligned to 8, with columns for `capacity` rows.
  BatchWriter(uint8_t* data, size_t size, int32_t capacity, int32_t epoch);

  bool isOpen() const { return data_ != nullptr; }
  bool Fits(size_t messageBytes) const {
    return count_ < capacity_ && messageBytes <= size_ - used_;
  }
  // The message must fit. Its own memory is not kept: it may be destroyed at once.
  void Append(const rd_kafka_message_t* message, int32_t slot);
  // Writes the count into the block.
  void Finish();

  int32_t count() const { return count_; }
  size_t used() const { return used_; }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t used_ = 0;
  int32_t capacity_ = 0;
  int32_t count_ = 0;
  int64_t* offset_ = nullptr;
  int64_t* timestamp_ = nullptr;
  int32_t* slot_ = nullptr;
  int32_t* start_ = nullptr;
  int32_t* keyLength_ = nullptr;
  int32_t* valueLength_ = nullptr;
  int32_t* headersLength_ = nullptr;
  int32_t* leaderEpoch_ = nullptr;
  int32_t* timestampType_ = nullptr;
};

}  // namespace rdkafka_tiers
