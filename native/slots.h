// Topic-partitions as small integers, so that a row names its partition in four bytes and JavaScript keeps its own
// tables (offset, fence, pause) as arrays indexed by them. A slot is never reused.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rdkafka_tiers {

// Owns:    the table.
// Threads: SlotOf by the thread that polls (one at a time, under the poller's lock); From by any.
class Slots {
 public:
  int32_t SlotOf(const rd_kafka_message_t* message) {
    // Names, not topic handles, are compared: librdkafka may reuse a handle's address for another topic.
    const char* topic = rd_kafka_topic_name(message->rkt);
    if (!lastTopic_ || lastTopic_->name != topic) lastTopic_ = &Find(topic);
    const size_t partition = static_cast<size_t>(message->partition);
    std::vector<int32_t>& partitions = lastTopic_->slots;
    if (partition >= partitions.size()) partitions.resize(partition + 1, -1);
    int32_t& slot = partitions[partition];
    if (slot < 0) {
      std::lock_guard<std::mutex> lock(mutex_);
      slot = static_cast<int32_t>(names_.size());
      names_.emplace_back(lastTopic_->name, message->partition);
    }
    return slot;
  }

  std::vector<std::pair<std::string, int32_t>> From(size_t first) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (first >= names_.size()) return {};
    return {names_.begin() + static_cast<std::ptrdiff_t>(first), names_.end()};
  }

 private:
  struct Topic {
    std::string name;
    std::vector<int32_t> slots;  // by partition, -1 none yet
  };

  Topic& Find(const char* name) {
    Topic& topic = topics_[name];
    if (topic.name.empty()) topic.name = name;
    return topic;
  }

  std::unordered_map<std::string, Topic> topics_;  // references stay valid when it grows
  Topic* lastTopic_ = nullptr;
  std::mutex mutex_;
  std::vector<std::pair<std::string, int32_t>> names_;
};

}  // namespace rdkafka_tiers
