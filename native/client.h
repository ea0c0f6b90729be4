// One rd_kafka_t and what every kind of client needs: the main queue, calls off the JavaScript thread, the end.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "bell.h"
#include "convert.h"

namespace rdkafka_tiers {

// Owns:    rd_kafka_t, its main queue, one control thread (started with the first call that may block), the bell.
// Threads: the JavaScript thread, but for what says FromAnyThread and the jobs' `run`. librdkafka's callbacks for
//          logs, statistics, tokens and commit results run in Serve, on the JavaScript thread; those for errors also in
//          a poll of the consumer queue, that is on the pump's thread, too.
// Ends:    open → ending → ended. Destroy() by close(), finalizer or environment hook, whichever comes first, makes the
//          last job, which destroys the rd_kafka_t after every call in flight has returned. The control thread holds a
//          shared_ptr, so nothing it uses goes before it; it is never joined, only waited for with a deadline.
class Client : public std::enable_shared_from_this<Client> {
 public:
  Client(Napi::Env env, Napi::Function wake);
  virtual ~Client();

  // Takes `conf` over, also when it throws.
  void Open(rd_kafka_type_t type, rd_kafka_conf_t* conf);

  rd_kafka_t* rk() const { return rk_; }
  bool isOpen() const { return rk_ && !isEnding_; }
  Bell& bell() { return bell_; }

  // `run` on the control thread, then `settle` on the JavaScript thread, in the order of the calls.
  using Run = std::function<Failure(rd_kafka_t*)>;
  using Settle = std::function<Napi::Value(Napi::Env)>;
  Napi::Promise Call(Napi::Env env, Run run, Settle settle);
  // Asynchronous in librdkafka itself: holds up no thread.
  Napi::Promise Commit(Napi::Env env, PartitionList offsets);

  // Serves librdkafka's main queue and settles finished calls. Returns what happened.
  std::vector<Event> Serve(Napi::Env env);

  // Ends the client without leaving its group. Resolves when it is gone; the same promise again at the second call.
  Napi::Promise DestroyAsync(Napi::Env env);
  // The same for finalizers and hooks.
  // False when no thread could be had for it; it is open again then.
  bool DestroyFromAnyThread();
  bool WaitDestroyed(std::chrono::milliseconds timeout);

 protected:
  // On the control thread, before rd_kafka_destroy: let go of every queue and message.
  virtual void ReleaseBeforeDestroy() {}
  // On the thread that ends the client: stop what polls.
  virtual void StopPolling() {}
  void Emit(Event event);

 private:
  struct Job {
    Run run;
    Settle settle;
    Napi::Promise::Deferred deferred;
    Failure failure;
  };

  static void ControlThread(std::shared_ptr<Client> self);
  void StartControlThread();
  void RegisterCallbacks(rd_kafka_conf_t* conf);
  struct PendingCommit {
    Client* client;
    Napi::Promise::Deferred deferred;
  };
  struct Committed {
    PendingCommit* commit;
    rd_kafka_resp_err_t code;
    PartitionList offsets;
  };
  void Settled(Napi::Env env, Job& job);
  void Settled(Napi::Env env, const Committed& committed);
  static void OnCommit(rd_kafka_t*, rd_kafka_resp_err_t code,
                       rd_kafka_topic_partition_list_t* offsets, void* opaque);

  Bell bell_;
  std::atomic<rd_kafka_t*> rk_{nullptr};
  rd_kafka_queue_t* mainQueue_ = nullptr;
  std::atomic<bool> isEnding_{false};

  // JavaScript thread only.
  std::vector<Committed> committed_;
  std::unordered_map<PendingCommit*, std::unique_ptr<PendingCommit>> commits_;
  std::vector<Napi::Promise::Deferred> destroyWaiters_;

  std::mutex eventsMutex_;  // guards what follows
  std::vector<Event> events_;
  size_t logsDropped_ = 0;
  std::atomic<bool> isServing_{false};

  std::mutex mutex_;  // guards what follows
  std::condition_variable condition_;
  std::deque<std::unique_ptr<Job>> jobs_;
  std::deque<std::unique_ptr<Job>> done_;
  bool isControlStarted_ = false;
  bool isDestroyAsked_ = false;
  bool isDestroyed_ = false;
};

}  // namespace rdkafka_tiers
