#include "client.h"

#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "allocator.h"
#include "events.h"
#include "threads.h"

namespace rdkafka_tiers {

namespace {
// Logs wait for JavaScript; debug=all writes 100,000 lines a second.
constexpr size_t kMaxWaitingEvents = 10000;

Client* ClientOf(void* opaque) { return static_cast<Client*>(opaque); }
}  // namespace

Client::Client(Napi::Env env, Napi::Function wake) : bell_(env, wake) {}

Client::~Client() {
  // The control thread has ended, or never started (a constructor that threw).
  if (mainQueue_) rd_kafka_queue_destroy(mainQueue_);
  if (rk_) rd_kafka_destroy_flags(rk_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void Client::RegisterCallbacks(rd_kafka_conf_t* conf) {
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t* rk, int code, const char* reason, void* opaque) {
    auto error = static_cast<rd_kafka_resp_err_t>(code);
    std::string message = reason ? reason : rd_kafka_err2str(error);
    const bool isFatal = error == RD_KAFKA_RESP_ERR__FATAL;
    if (isFatal) {
      char text[512];
      error = rd_kafka_fatal_error(rk, text, sizeof text);
      message = text;
    }
    ClientOf(opaque)->Emit({kClientError, static_cast<double>(error), message, isFatal, !isFatal});
  });
  rd_kafka_conf_set_stats_cb(conf, [](rd_kafka_t*, char* json, size_t length, void* opaque) {
    ClientOf(opaque)->Emit({kStats, std::string(json, length)});
    return 0;  // librdkafka frees the JSON
  });
  rd_kafka_conf_set_throttle_cb(
      conf, [](rd_kafka_t*, const char* name, int32_t id, int throttleTimeMs, void* opaque) {
        ClientOf(opaque)->Emit({kThrottle, std::string(name), static_cast<double>(id),
                                static_cast<double>(throttleTimeMs)});
      });
  rd_kafka_conf_set_log_cb(
      conf, [](const rd_kafka_t* rk, int level, const char* facility, const char* text) {
        auto* client = ClientOf(rd_kafka_opaque(rk));
        {
          std::lock_guard<std::mutex> lock(client->eventsMutex_);
          if (client->events_.size() >= kMaxWaitingEvents) {
            client->logsDropped_++;
            return;
          }
        }
        client->Emit({kLog, static_cast<double>(level), std::string(facility), std::string(text)});
      });
  rd_kafka_conf_set_oauthbearer_token_refresh_cb(
      conf, [](rd_kafka_t*, const char* config, void* opaque) {
        ClientOf(opaque)->Emit({kTokenRefresh, std::string(config ? config : "")});
      });
}

void Client::Open(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
  RegisterCallbacks(conf);
  char reason[512];
  // Logs go through the main queue, so that they reach JavaScript on its own thread and never stderr.
  if (rd_kafka_conf_set(conf, "log.queue", "true", reason, sizeof reason) == RD_KAFKA_CONF_OK)
    rk_ = rd_kafka_new(type, conf, reason, sizeof reason);
  if (!rk_) {
    rd_kafka_conf_destroy(conf);
    throw ToError(bell_.env(), Failure::Of(RD_KAFKA_RESP_ERR__INVALID_ARG, reason));
  }
  mainQueue_ = rd_kafka_queue_get_main(rk_);
  rd_kafka_set_log_queue(rk_, nullptr);
  rd_kafka_queue_cb_event_enable(
      mainQueue_,
      [](rd_kafka_t*, void* opaque) { ClientOf(opaque)->bell_.RingFromAnyThread(kWakeServe); },
      this);
  bell_.RingFromAnyThread(kWakeServe);  // for what came before the callback was set
}

void Client::Emit(Event event) {
  {
    std::lock_guard<std::mutex> lock(eventsMutex_);
    events_.push_back(std::move(event));
  }
  // After the event is there: Serve says that it is no longer serving before it takes the events.
  if (!isServing_) bell_.RingFromAnyThread(kWakeServe);
}

std::vector<Event> Client::Serve(Napi::Env env) {
  isServing_ = true;
  if (isOpen()) rd_kafka_queue_poll_callback(mainQueue_, 0);
  isServing_ = false;
  for (auto& committed : std::exchange(committed_, {})) Settled(env, committed);
  std::deque<std::unique_ptr<Job>> done;
  bool isDestroyed;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    done.swap(done_);
    isDestroyed = isDestroyed_;
  }
  for (auto& job : done) Settled(env, *job);
  if (isDestroyed) {
    for (auto& [_, commit] : commits_)
      commit->deferred.Reject(ToError(env, Failure::Of(RD_KAFKA_RESP_ERR__DESTROY)).Value());
    commits_.clear();
    for (auto& waiter : destroyWaiters_) waiter.Resolve(env.Undefined());
    destroyWaiters_.clear();
    bell_.Close();
  }
  std::lock_guard<std::mutex> lock(eventsMutex_);
  if (logsDropped_) events_.push_back({kLogsDropped, static_cast<double>(logsDropped_)});
  logsDropped_ = 0;
  return std::exchange(events_, {});
}

void Client::Settled(Napi::Env env, Job& job) {
  if (job.failure) {
    job.deferred.Reject(ToError(env, job.failure).Value());
    return;
  }
  try {
    job.deferred.Resolve(job.settle(env));
  } catch (const Napi::Error& error) {
    job.deferred.Reject(error.Value());
  }
}

Napi::Promise Client::Call(Napi::Env env, Run run, Settle settle) {
  auto job = std::make_unique<Job>(
      Job{std::move(run), std::move(settle), Napi::Promise::Deferred::New(env), {}});
  const Napi::Promise promise = job->deferred.Promise();
  std::lock_guard<std::mutex> lock(mutex_);
  StartControlThread();
  jobs_.push_back(std::move(job));
  condition_.notify_all();
  return promise;
}

void Client::StartControlThread() {
  if (isControlStarted_) return;
  SignalsBlocked blocked;
  std::thread(ControlThread, shared_from_this()).detach();
  isControlStarted_ = true;
}

void Client::ControlThread(std::shared_ptr<Client> self) {
  Client& client = *self;
  for (;;) {
    std::unique_ptr<Job> job;
    {
      std::unique_lock<std::mutex> lock(client.mutex_);
      client.condition_.wait(lock, [&] { return !client.jobs_.empty() || client.isDestroyAsked_; });
      if (client.jobs_.empty()) break;
      job = std::move(client.jobs_.front());
      client.jobs_.pop_front();
    }
    try {
      job->failure = job->run(client.rk_);
    } catch (const std::exception& error) {
      job->failure = Failure::Of(RD_KAFKA_RESP_ERR__FAIL, error.what());
    }
    std::lock_guard<std::mutex> lock(client.mutex_);
    client.done_.push_back(std::move(job));
    client.bell_.RingFromAnyThread(kWakeServe);
  }
  client.ReleaseBeforeDestroy();
  rd_kafka_queue_cb_event_enable(client.mainQueue_, nullptr, nullptr);
  rd_kafka_queue_destroy(client.mainQueue_);
  // close() has left the group politely by now, or there is no time to.
  rd_kafka_destroy_flags(client.rk_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  ReturnFreeMemory();
  std::lock_guard<std::mutex> lock(client.mutex_);
  client.mainQueue_ = nullptr;
  client.rk_ = nullptr;
  client.isDestroyed_ = true;
  client.condition_.notify_all();
  client.bell_.RingFromAnyThread(kWakeServe);
}

void Client::OnCommit(rd_kafka_t*, rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t* offsets, void* opaque) {
  auto* commit = static_cast<PendingCommit*>(opaque);
  // Only noted: what JavaScript throws must not cross librdkafka's frames.
  commit->client->committed_.push_back(
      {commit, code,
       PartitionList(offsets ? rd_kafka_topic_partition_list_copy(offsets) : nullptr)});
}

void Client::Settled(Napi::Env env, const Committed& committed) {
  auto found = commits_.find(committed.commit);
  if (found == commits_.end()) return;
  const auto commit = std::move(found->second);
  commits_.erase(found);
  if (committed.code == RD_KAFKA_RESP_ERR_NO_ERROR)
    commit->deferred.Resolve(ToFlatResults(env, committed.offsets.get()));
  else
    commit->deferred.Reject(ToError(env, Failure::Of(committed.code)).Value());
}

Napi::Promise Client::Commit(Napi::Env env, PartitionList offsets) {
  auto commit =
      std::make_unique<PendingCommit>(PendingCommit{this, Napi::Promise::Deferred::New(env)});
  const Napi::Promise promise = commit->deferred.Promise();
  const rd_kafka_resp_err_t code =
      rd_kafka_commit_queue(rk_, offsets.get(), mainQueue_, OnCommit, commit.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    commit->deferred.Reject(ToError(env, Failure::Of(code)).Value());
  else
    commits_.emplace(commit.get(), std::move(commit));
  return promise;
}

Napi::Promise Client::DestroyAsync(Napi::Env env) {
  auto deferred = Napi::Promise::Deferred::New(env);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (isDestroyed_) {
      deferred.Resolve(env.Undefined());
      return deferred.Promise();
    }
  }
  bell_.Ref();  // whoever waits for the end is not to be left by the process's
  if (DestroyFromAnyThread())
    destroyWaiters_.push_back(deferred);
  else
    deferred.Reject(
        ToError(env, Failure::Of(RD_KAFKA_RESP_ERR__FAIL, "no thread could be started to close it"))
            .Value());
  return deferred.Promise();
}

bool Client::DestroyFromAnyThread() {
  if (isEnding_.exchange(true) || !rk_) return true;
  StopPolling();
  std::lock_guard<std::mutex> lock(mutex_);
  try {
    StartControlThread();
  } catch (const std::system_error&) {
    isEnding_ = false;  // it may be tried again
    return false;
  }
  isDestroyAsked_ = true;
  condition_.notify_all();
  return true;
}

bool Client::WaitDestroyed(std::chrono::milliseconds timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  return condition_.wait_for(lock, timeout, [&] { return isDestroyed_ || !isControlStarted_; });
}

}  // namespace rdkafka_tiers
