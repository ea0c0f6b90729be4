// NativeConsumer of lib/binding.ts.
#include <cstring>
#include <memory>
#include <string>

#include "consumer.h"
#include "handle.h"

namespace rdkafka_tiers {

namespace {

using HandlePtr = rdkafka_tiers::HandlePtr<ConsumerClient>;

// The hot path: no node-addon-api between JavaScript and the poll.
napi_value JsPoll(napi_env env, napi_callback_info info) {
  napi_value argument = nullptr;
  size_t count = 1;
  void* data = nullptr;
  int32_t max = 0;
  napi_value result = nullptr;
  if (napi_get_cb_info(env, info, &count, &argument, nullptr, &data) != napi_ok) return nullptr;
  if (napi_get_value_int32(env, argument, &max) != napi_ok || max < 0 || max > 1000000) {
    napi_throw_type_error(env, nullptr, "max: expected an integer from 0 to 1000000");
    return nullptr;
  }
  try {
    const int32_t polled =
        (*static_cast<HandlePtr*>(data))->client->Poll(env, static_cast<size_t>(max));
    napi_create_int32(env, polled, &result);
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return result;
}

void AddPoll(Napi::Env env, Napi::Object object, const HandlePtr& handle) {
  auto* data = new HandlePtr(handle);
  napi_value function;
  if (napi_create_function(env, "poll", NAPI_AUTO_LENGTH, JsPoll, data, &function) != napi_ok ||
      napi_add_finalizer(
          env, function, data,
          [](napi_env, void* data, void*) { delete static_cast<HandlePtr*>(data); }, nullptr,
          nullptr) != napi_ok) {
    delete data;
    throw Napi::Error::New(env, "cannot create poll()");
  }
  object.Set("poll", Napi::Value(env, function));
}

// A call that runs on the control thread on a list, and gives the list back.
Napi::Promise CallWithList(
    const Napi::CallbackInfo& info, ConsumerClient& client, PartitionList list,
    std::function<Failure(rd_kafka_t*, rd_kafka_topic_partition_list_t*)> run) {
  std::shared_ptr<rd_kafka_topic_partition_list_t> shared(std::move(list));
  return client.Call(
      info.Env(), [shared, run](rd_kafka_t* rk) { return run(rk, shared.get()); },
      [shared](Napi::Env env) { return ToFlatResults(env, shared.get()); });
}

int TimeoutArgument(const Napi::CallbackInfo& info, size_t index) {
  const int32_t timeoutMs = IntArgument(info, index, "timeoutMs");
  if (timeoutMs < 0) throw Napi::TypeError::New(info.Env(), "timeoutMs: expected 0 or more");
  return timeoutMs;
}

Napi::Value JsTakeBuffer(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return handle->client->TakeBuffer(info.Env());
}

Napi::Value JsTakeEvent(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return handle->client->TakeEvent(info.Env());
}

Napi::Value JsServe(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::vector<Event> events = handle->client->Serve(info.Env());
  Napi::Array array = Napi::Array::New(info.Env(), events.size());
  for (uint32_t i = 0; i < events.size(); i++) array.Set(i, ToValue(info.Env(), events[i]));
  return array;
}

Napi::Value JsSlots(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const int32_t first = IntArgument(info, 0, "first");
  Napi::Array flat = Napi::Array::New(info.Env());
  uint32_t at = 0;
  for (const auto& [topic, partition] :
       handle->client->poller().slots().From(static_cast<size_t>(first < 0 ? 0 : first))) {
    flat.Set(at++, Napi::String::New(info.Env(), topic));
    flat.Set(at++, Napi::Number::New(info.Env(), partition));
  }
  return flat;
}

Napi::Value JsKeepAlive(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  handle->client->KeepAlive();
  return info.Env().Undefined();
}

Napi::Value JsSubscribe(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::vector<std::string> topics = StringsArgument(info, 0, "topics");
  for (const std::string& topic : topics) CheckTopicLength(info.Env(), topic);
  ConsumerClient& client = handle->Open(info);
  // A subscription of a group that is left already is never freed, and librdkafka then aborts the process.
  if (client.isLeaving()) throw ClientIsClosed(info.Env());
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const std::string& topic : topics)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  ThrowIf(info.Env(), Failure::Of(rd_kafka_subscribe(client.rk(), list.get())));
  return info.Env().Undefined();
}

Napi::Value JsUnsubscribe(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  ThrowIf(info.Env(), Failure::Of(rd_kafka_unsubscribe(handle->Open(info).rk())));
  return info.Env().Undefined();
}

Napi::Value JsSubscription(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  rd_kafka_topic_partition_list_t* topics = nullptr;
  ThrowIf(info.Env(), Failure::Of(rd_kafka_subscription(handle->Open(info).rk(), &topics)));
  PartitionList list(topics);
  Napi::Array array = Napi::Array::New(info.Env());
  for (int i = 0; i < list->cnt; i++)
    array.Set(static_cast<uint32_t>(i), Napi::String::New(info.Env(), list->elems[i].topic));
  return array;
}

Napi::Value JsAssignment(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  rd_kafka_topic_partition_list_t* partitions = nullptr;
  ThrowIf(info.Env(), Failure::Of(rd_kafka_assignment(handle->Open(info).rk(), &partitions)));
  PartitionList list(partitions);
  return ToFlatPartitions(info.Env(), list.get());
}

// Assignment changes: fenced, so that rows polled before them can be told apart.
template <typename Change>
Napi::Value ChangeAssignment(const Napi::CallbackInfo& info, ConsumerClient& client,
                             Change change) {
  Failure failure;
  const int32_t epoch = client.Fenced([&] { failure = change(client.rk()); });
  ThrowIf(info.Env(), failure);
  return Napi::Number::New(info.Env(), epoch);
}

Napi::Value JsAssign(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  PartitionList list = OffsetsArgument(info, 0, "offsets");
  return ChangeAssignment(info, handle->Open(info), [&](rd_kafka_t* rk) {
    return Failure::Of(rd_kafka_assign(rk, list.get()));
  });
}

Napi::Value JsIncrementalAssign(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  PartitionList list = OffsetsArgument(info, 0, "offsets");
  return ChangeAssignment(info, handle->Open(info), [&](rd_kafka_t* rk) {
    return Failure::Of(rd_kafka_incremental_assign(rk, list.get()));
  });
}

Napi::Value JsUnassign(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return ChangeAssignment(info, handle->Open(info), [&](rd_kafka_t* rk) {
    return Failure::Of(rd_kafka_assign(rk, nullptr));
  });
}

// Sorts `list`.
bool HasTwice(rd_kafka_topic_partition_list_t* list) {
  rd_kafka_topic_partition_list_sort(list, nullptr, nullptr);
  for (int i = 1; i < list->cnt; i++) {
    const rd_kafka_topic_partition_t& one = list->elems[i - 1];
    const rd_kafka_topic_partition_t& next = list->elems[i];
    if (one.partition == next.partition && std::strcmp(one.topic, next.topic) == 0) return true;
  }
  return false;
}

Napi::Value JsIncrementalUnassign(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  PartitionList list = OffsetsArgument(info, 0, "offsets");
  // librdkafka takes the first away, does not find the second, and aborts the process.
  if (HasTwice(list.get())) {
    throw ToError(info.Env(), Failure::Of(RD_KAFKA_RESP_ERR__INVALID_ARG,
                                          "offsets: expected each partition once"));
  }
  return ChangeAssignment(info, handle->Open(info), [&](rd_kafka_t* rk) {
    return Failure::Of(rd_kafka_incremental_unassign(rk, list.get()));
  });
}

Napi::Value JsRebalanceProtocol(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const char* protocol = rd_kafka_rebalance_protocol(handle->Open(info).rk());
  return Napi::String::New(info.Env(), protocol ? protocol : "NONE");
}

Napi::Value JsAssignmentLost(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return Napi::Boolean::New(info.Env(), rd_kafka_assignment_lost(handle->Open(info).rk()) != 0);
}

Napi::Value JsPause(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  PartitionList list = PartitionsArgument(info, 0, "partitions");
  ConsumerClient& client = handle->Open(info);
  // librdkafka goes on after a pause from the last position it knows of, which a batch poll moves only at its end: were
  // one under way, the rows it has taken would come a second time.
  std::lock_guard<std::mutex> lock(client.poller().mutex());
  ThrowIf(info.Env(), Failure::Of(rd_kafka_pause_partitions(client.rk(), list.get())));
  return info.Env().Undefined();
}

Napi::Value JsResume(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  PartitionList list = PartitionsArgument(info, 0, "partitions");
  ConsumerClient& client = handle->Open(info);
  std::lock_guard<std::mutex> lock(client.poller().mutex());
  ThrowIf(info.Env(), Failure::Of(rd_kafka_resume_partitions(client.rk(), list.get())));
  return info.Env().Undefined();
}

Napi::Array WatermarkPair(Napi::Env env, int64_t low, int64_t high) {
  Napi::Array pair = Napi::Array::New(env, 2);
  pair.Set(0u, Napi::Number::New(env, static_cast<double>(low)));
  pair.Set(1u, Napi::Number::New(env, static_cast<double>(high)));
  return pair;
}

Napi::Value JsCachedWatermarks(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::string topic = StringArgument(info, 0, "topic");
  const int32_t partition = IntArgument(info, 1, "partition");
  int64_t low = RD_KAFKA_OFFSET_INVALID, high = RD_KAFKA_OFFSET_INVALID;
  ThrowIf(info.Env(), Failure::Of(rd_kafka_get_watermark_offsets(
                          handle->Open(info).rk(), topic.c_str(), partition, &low, &high)));
  return WatermarkPair(info.Env(), low, high);
}

Napi::Value JsSetOauthbearerToken(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::string token = StringArgument(info, 0, "token");
  const double lifetimeMs = NumberArgument(info, 1, "lifetimeMs");
  const std::string principal = StringArgument(info, 2, "principal");
  const std::vector<std::string> extensions = StringsArgument(info, 3, "extensions");
  std::vector<const char*> pairs;
  for (const std::string& text : extensions) pairs.push_back(text.c_str());
  char reason[512] = "";
  const rd_kafka_resp_err_t code = rd_kafka_oauthbearer_set_token(
      handle->Open(info).rk(), token.c_str(), static_cast<int64_t>(lifetimeMs), principal.c_str(),
      pairs.data(), pairs.size(), reason, sizeof reason);
  ThrowIf(info.Env(), Failure::Of(code, reason));
  return info.Env().Undefined();
}

Napi::Value JsSetOauthbearerTokenFailure(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::string reason = StringArgument(info, 0, "reason");
  ThrowIf(info.Env(), Failure::Of(rd_kafka_oauthbearer_set_token_failure(handle->Open(info).rk(),
                                                                         reason.c_str())));
  return info.Env().Undefined();
}

Napi::Value JsName(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return Napi::String::New(info.Env(), rd_kafka_name(handle->Open(info).rk()));
}

Napi::Value JsMemberId(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  rd_kafka_t* rk = handle->Open(info).rk();
  char* id = rd_kafka_memberid(rk);
  Napi::String value = Napi::String::New(info.Env(), id ? id : "");
  rd_kafka_mem_free(rk, id);
  return value;
}

Napi::Value JsSeek(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  std::shared_ptr<rd_kafka_topic_partition_list_t> list(OffsetsArgument(info, 0, "offsets"));
  const int timeoutMs = TimeoutArgument(info, 1);
  ConsumerClient& client = handle->Open(info);
  auto epoch = std::make_shared<int32_t>(0);
  return client.Call(
      info.Env(),
      [&client, list, epoch, timeoutMs](rd_kafka_t* rk) {
        Failure failure;
        // Nothing is polled meanwhile: what was before the seek carries an older epoch, what comes after a newer.
        *epoch = client.Fenced(
            [&] { failure = Failure::Of(rd_kafka_seek_partitions(rk, list.get(), timeoutMs)); });
        client.WakeAfterSeek();
        return failure;
      },
      [list, epoch](Napi::Env env) {
        Napi::Object result = Napi::Object::New(env);
        result.Set("epoch", Napi::Number::New(env, *epoch));
        result.Set("results", ToFlatResults(env, list.get()));
        return result;
      });
}

Napi::Value JsCommit(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  PartitionList list = OffsetsArgument(info, 0, "offsets");
  return handle->Open(info).Commit(info.Env(), std::move(list));
}

// Holds up the JavaScript thread until the coordinator has answered: for the drop-in's commitSync alone.
Napi::Value JsCommitSync(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  PartitionList list = OffsetsArgument(info, 0, "offsets");
  return Napi::Number::New(info.Env(), rd_kafka_commit(handle->Open(info).rk(), list.get(), 0));
}

Napi::Value JsCommitted(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  PartitionList list = PartitionsArgument(info, 0, "partitions");
  const int timeoutMs = TimeoutArgument(info, 1);
  return CallWithList(info, handle->Open(info), std::move(list),
                      [timeoutMs](rd_kafka_t* rk, rd_kafka_topic_partition_list_t* list) {
                        return Failure::Of(rd_kafka_committed(rk, list, timeoutMs));
                      });
}

Napi::Value JsOffsetsForTimes(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  PartitionList list = OffsetsArgument(info, 0, "times");
  const int timeoutMs = TimeoutArgument(info, 1);
  return CallWithList(info, handle->Open(info), std::move(list),
                      [timeoutMs](rd_kafka_t* rk, rd_kafka_topic_partition_list_t* list) {
                        return Failure::Of(rd_kafka_offsets_for_times(rk, list, timeoutMs));
                      });
}

Napi::Value JsWatermarks(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const std::string topic = StringArgument(info, 0, "topic");
  const int32_t partition = IntArgument(info, 1, "partition");
  const int timeoutMs = TimeoutArgument(info, 2);
  auto offsets = std::make_shared<std::pair<int64_t, int64_t>>();
  return handle->Open(info).Call(
      info.Env(),
      [=](rd_kafka_t* rk) {
        return Failure::Of(rd_kafka_query_watermark_offsets(
            rk, topic.c_str(), partition, &offsets->first, &offsets->second, timeoutMs));
      },
      [offsets](Napi::Env env) { return WatermarkPair(env, offsets->first, offsets->second); });
}

Napi::Value JsMetadata(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  const bool isAll = info[0].IsNull();
  const std::string topic = isAll ? "" : StringArgument(info, 0, "topic");
  const int timeoutMs = TimeoutArgument(info, 1);
  return MetadataCall(info.Env(), handle->Open(info), isAll, topic, timeoutMs);
}

Napi::Value JsBeginClose(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return handle->Open(info).BeginClose(info.Env());
}

Napi::Value JsIsClosed(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return Napi::Boolean::New(info.Env(), handle->client->isClosed());
}

Napi::Value JsDestroy(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  return handle->client->DestroyAsync(info.Env());
}

Napi::Value JsRef(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  handle->client->bell().Ref();
  return info.Env().Undefined();
}

Napi::Value JsUnref(const Napi::CallbackInfo& info, const HandlePtr& handle) {
  handle->client->bell().Unref();
  return info.Env().Undefined();
}

constexpr Method<ConsumerClient> kMethods[] = {
    {"takeBuffer", JsTakeBuffer},
    {"takeEvent", JsTakeEvent},
    {"serve", JsServe},
    {"slots", JsSlots},
    {"keepAlive", JsKeepAlive},
    {"subscribe", JsSubscribe},
    {"unsubscribe", JsUnsubscribe},
    {"subscription", JsSubscription},
    {"assignment", JsAssignment},
    {"assign", JsAssign},
    {"incrementalAssign", JsIncrementalAssign},
    {"unassign", JsUnassign},
    {"incrementalUnassign", JsIncrementalUnassign},
    {"rebalanceProtocol", JsRebalanceProtocol},
    {"assignmentLost", JsAssignmentLost},
    {"pause", JsPause},
    {"resume", JsResume},
    {"cachedWatermarks", JsCachedWatermarks},
    {"setOauthbearerToken", JsSetOauthbearerToken},
    {"setOauthbearerTokenFailure", JsSetOauthbearerTokenFailure},
    {"name", JsName},
    {"memberId", JsMemberId},
    {"seek", JsSeek},
    {"commit", JsCommit},
    {"commitSync", JsCommitSync},
    {"committed", JsCommitted},
    {"offsetsForTimes", JsOffsetsForTimes},
    {"watermarks", JsWatermarks},
    {"metadata", JsMetadata},
    {"beginClose", JsBeginClose},
    {"isClosed", JsIsClosed},
    {"destroy", JsDestroy},
    {"ref", JsRef},
    {"unref", JsUnref},
};

}  // namespace

Napi::Value JsCreateConsumer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const int32_t mode = IntArgument(info, 1, "mode");
  if (mode < 0 || mode > 1) throw Napi::TypeError::New(env, "mode: expected 0 or 1");
  if (!info[2].IsFunction()) throw Napi::TypeError::New(env, "wake: expected a function");
  const double maxMessages = NumberArgument(info, 3, "maxBufferedMessages");
  const double maxBytes = NumberArgument(info, 4, "maxBufferedBytes");
  if (maxMessages < 1 || maxBytes < 1)
    throw Napi::TypeError::New(env, "maxBufferedMessages, maxBufferedBytes: expected 1 or more");

  rd_kafka_conf_t* conf = ConfArgument(info, 0);
  std::shared_ptr<ConsumerClient> client;
  try {
    client = std::make_shared<ConsumerClient>(
        env, info[2].As<Napi::Function>(), static_cast<PollMode>(mode),
        static_cast<size_t>(maxMessages), static_cast<size_t>(maxBytes));
  } catch (...) {
    rd_kafka_conf_destroy(conf);
    throw;
  }
  client->OpenConsumer(conf);
  Environment::Of(env).Add(client);

  auto handle = std::make_shared<Handle<ConsumerClient>>(std::move(client));
  Napi::Object object = Napi::Object::New(env);
  AddPoll(env, object, handle);
  AddMethods(object, handle, kMethods);
  return object;
}

}  // namespace rdkafka_tiers
