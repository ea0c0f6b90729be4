// EventKind of lib/binding.ts.
#pragma once

namespace rdkafka_tiers {

constexpr double kRebalance = 1;
constexpr double kPartitionEof = 2;
constexpr double kConsumerError = 3;
constexpr double kClientError = 4;
constexpr double kStats = 5;
constexpr double kLog = 6;
constexpr double kThrottle = 7;
constexpr double kTokenRefresh = 8;
constexpr double kLogsDropped = 9;

// WAKE_ bits of lib/binding.ts.
constexpr int kWakeRows = 1;
constexpr int kWakeServe = 2;

}  // namespace rdkafka_tiers
