#include "batch.h"

#include <cstring>

#include "raw_headers.h"

namespace rdkafka_tiers {

namespace {

// Walks the header block of a record: a varint count, then for each header name and value with varint lengths.
// librdkafka has checked the batch's CRC, but a producer can write anything: every length is checked.
class HeaderReader {
 public:
  explicit HeaderReader(const rd_kafka_message_t* message) {
    const unsigned char* data = nullptr;
    const size_t length = rdkafka_tiers_raw_headers(message, &data);
    at_ = data;
    end_ = data + length;
    if (length > 1 || (length == 1 && *data != 0)) left_ = Varint();
    if (left_ < 0) left_ = 0;
  }

  bool hasAny() const { return left_ > 0; }

  // False at the end, or where the block makes no sense any more.
  bool Next() {
    if (left_ <= 0) return false;
    left_--;
    nameLength = Varint();
    if (nameLength < 0 || nameLength > end_ - at_) return false;
    name = at_;
    at_ += nameLength;
    valueLength = Varint();
    if (valueLength > end_ - at_) return false;
    value = valueLength < 0 ? nullptr : at_;
    if (valueLength > 0) at_ += valueLength;
    return true;
  }

  const unsigned char* name = nullptr;
  int64_t nameLength = 0;
  const unsigned char* value = nullptr;  // null for a null value
  int64_t valueLength = 0;

 private:
  // Zigzag, as in the record format; -1 where the bytes end within it.
  int64_t Varint() {
    uint64_t bits = 0;
    for (int shift = 0; at_ < end_ && shift < 64; shift += 7) {
      const uint64_t byte = *at_++;
      bits |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
    }
    at_ = end_;
    return -1;
  }

  const unsigned char* at_;
  const unsigned char* end_;
  int64_t left_ = 0;
};

size_t HeadersBytes(const rd_kafka_message_t* message) {
  HeaderReader reader(message);
  if (!reader.hasAny()) return 0;
  size_t bytes = 4;
  while (reader.Next()) {
    bytes += 8 + static_cast<size_t>(reader.nameLength);
    if (reader.value) bytes += static_cast<size_t>(reader.valueLength);
  }
  return bytes;
}

uint8_t* PutInt(uint8_t* at, size_t value) {
  const int32_t narrow = static_cast<int32_t>(value);
  std::memcpy(at, &narrow, 4);
  return at + 4;
}

uint8_t* PutBytes(uint8_t* at, const void* bytes, size_t length) {
  if (length) std::memcpy(at, bytes, length);  // memcpy of nothing from null is undefined
  return at + length;
}

// Returns `at` where there are none.
uint8_t* PutHeaders(uint8_t* at, const rd_kafka_message_t* message) {
  HeaderReader reader(message);
  if (!reader.hasAny()) return at;
  uint8_t* const countAt = at;
  at += 4;
  size_t count = 0;
  while (reader.Next()) {
    at = PutInt(at, static_cast<size_t>(reader.nameLength));
    at = PutInt(at, static_cast<size_t>(reader.value ? reader.valueLength : -1));
    at = PutBytes(at, reader.name, static_cast<size_t>(reader.nameLength));
    if (reader.value) at = PutBytes(at, reader.value, static_cast<size_t>(reader.valueLength));
    count++;
  }
  PutInt(countAt, count);
  return at;
}

}  // namespace

size_t MessageBytes(const rd_kafka_message_t* message) {
  return message->key_len + message->len + HeadersBytes(message);
}

BatchWriter::BatchWriter(uint8_t* data, size_t size, int32_t capacity, int32_t epoch)
    : data_(data), size_(size), capacity_(capacity) {
  const int32_t head[4] = {capacity, 0, epoch, 0};
  std::memcpy(data, head, sizeof head);
  const size_t rows = static_cast<size_t>(capacity);
  offset_ = reinterpret_cast<int64_t*>(data + kBatchHeaderBytes);
  timestamp_ = offset_ + rows;
  slot_ = reinterpret_cast<int32_t*>(timestamp_ + rows);
  start_ = slot_ + rows;
  keyLength_ = start_ + rows;
  valueLength_ = keyLength_ + rows;
  headersLength_ = valueLength_ + rows;
  leaderEpoch_ = headersLength_ + rows;
  timestampType_ = leaderEpoch_ + rows;
  used_ = kBatchHeaderBytes + rows * kBatchRowBytes;
}

void BatchWriter::Append(const rd_kafka_message_t* message, int32_t slot) {
  const int32_t row = count_++;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  offset_[row] = message->offset;
  timestamp_[row] = rd_kafka_message_timestamp(message, &type);
  timestampType_[row] = static_cast<int32_t>(type);
  slot_[row] = slot;
  leaderEpoch_[row] = rd_kafka_message_leader_epoch(message);

  uint8_t* at = data_ + used_;
  start_[row] = static_cast<int32_t>(used_);
  keyLength_[row] = message->key ? static_cast<int32_t>(message->key_len) : -1;
  if (message->key) at = PutBytes(at, message->key, message->key_len);
  valueLength_[row] = message->payload ? static_cast<int32_t>(message->len) : -1;
  if (message->payload) at = PutBytes(at, message->payload, message->len);
  uint8_t* const end = PutHeaders(at, message);
  headersLength_[row] = end > at ? static_cast<int32_t>(end - at) : -1;
  at = end;
  used_ = static_cast<size_t>(at - data_);
}

void BatchWriter::Finish() { std::memcpy(data_ + 4, &count_, 4); }

}  // namespace rdkafka_tiers
