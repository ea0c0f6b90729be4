#include "batch.h"

#include <cstring>

namespace rdkafka_tiers {

namespace {

// Null where the message has none. librdkafka parses them at the first call and keeps them with the message.
rd_kafka_headers_t* HeadersOf(const rd_kafka_message_t* message) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return nullptr;
  return headers;
}

size_t HeadersBytes(const rd_kafka_headers_t* headers) {
  size_t bytes = 4;
  const char* name;
  const void* value;
  size_t length;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &length) ==
                     RD_KAFKA_RESP_ERR_NO_ERROR;
       i++) {
    bytes += 8 + std::strlen(name) + (value ? length : 0);
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

uint8_t* PutHeaders(uint8_t* at, const rd_kafka_headers_t* headers) {
  uint8_t* const countAt = at;
  at += 4;
  size_t count = 0;
  const char* name;
  const void* value;
  size_t length;
  while (rd_kafka_header_get_all(headers, count, &name, &value, &length) ==
         RD_KAFKA_RESP_ERR_NO_ERROR) {
    const size_t nameLength = std::strlen(name);
    at = PutInt(at, nameLength);
    at = PutInt(at, value ? length : static_cast<size_t>(-1));
    at = PutBytes(at, name, nameLength);
    if (value) at = PutBytes(at, value, length);
    count++;
  }
  PutInt(countAt, count);
  return at;
}

}  // namespace

size_t MessageBytes(const rd_kafka_message_t* message) {
  const rd_kafka_headers_t* headers = HeadersOf(message);
  return message->key_len + message->len + (headers ? HeadersBytes(headers) : 0);
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
  headersLength_[row] = -1;
  if (const rd_kafka_headers_t* headers = HeadersOf(message)) {
    uint8_t* const end = PutHeaders(at, headers);
    headersLength_[row] = static_cast<int32_t>(end - at);
    at = end;
  }
  used_ = static_cast<size_t>(at - data_);
}

void BatchWriter::Finish() { std::memcpy(data_ + 4, &count_, 4); }

}  // namespace rdkafka_tiers
