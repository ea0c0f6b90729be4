// What our own threads have in common.
#pragma once

#include <signal.h>

#include <atomic>

namespace rdkafka_tiers {

// While it lives, threads that are started inherit a mask that blocks every signal: Node's own thread handles them.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

// Pump threads alive in this process, for tests.
inline std::atomic<int> pumpThreads{0};
inline void CountThread(int change) { pumpThreads.fetch_add(change, std::memory_order_relaxed); }

}  // namespace rdkafka_tiers
