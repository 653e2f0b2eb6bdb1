#include "libs/kafka/admin.hpp"

#include <algorithm>

#include "libs/kafka/rd.hpp"

namespace souk::kafka {
namespace {

constexpr int kVisiblePollMs = 50;
constexpr int kClusterIdMs = 2'000;

using rd::AdminOptions;
using rd::Event;
using rd::Partitions;

using NewTopic = rd::Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using NewPartitions = rd::Owned<rd_kafka_NewPartitions_t, rd_kafka_NewPartitions_destroy>;
using DeleteTopic = rd::Owned<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy>;
using ConfigResource = rd::Owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
using NewGroupOffsets = rd::Owned<rd_kafka_AlterConsumerGroupOffsets_t, rd_kafka_AlterConsumerGroupOffsets_destroy>;
using GroupOffsets = rd::Owned<rd_kafka_ListConsumerGroupOffsets_t, rd_kafka_ListConsumerGroupOffsets_destroy>;

/// The raw pointers that the C calls take, as an array.
template <class T>
auto Pointers(const std::vector<T>& owned) {
  std::vector<typename T::pointer> pointers;
  for (const T& one : owned) pointers.push_back(one.get());
  return pointers;
}

void ReportFailures(std::vector<TopicOutcome>& outcomes, const rd_kafka_topic_result_t** results, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (rd_kafka_topic_result_error(results[i]) == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    // Another instance that starts at the same time may have been first.
    const bool exists = rd_kafka_topic_result_error(results[i]) == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
    for (TopicOutcome& outcome : outcomes) {
      if (outcome.name != rd_kafka_topic_result_name(results[i])) continue;
      outcome.kind = exists ? TopicOutcome::Kind::kUnchanged : TopicOutcome::Kind::kFailed;
      if (exists) continue;
      outcome.detail = rd_kafka_topic_result_error_string(results[i]);
    }
  }
}

TopicOutcome Compare(const TopicSpec& spec, const std::map<std::string, TopicState>& existing) {
  const auto found = existing.find(spec.name);
  if (found == existing.end()) return {spec.name, TopicOutcome::Kind::kCreated, ""};
  const TopicState& state = found->second;
  const std::string change = std::to_string(state.partitions) + " -> " + std::to_string(spec.partitions);
  if (state.partitions < spec.partitions) return {spec.name, TopicOutcome::Kind::kGrown, "partitions " + change};
  if (state.partitions > spec.partitions) return {spec.name, TopicOutcome::Kind::kDiffers, "partitions " + change};
  return {spec.name, TopicOutcome::Kind::kUnchanged, ""};
}

}  // namespace

class Admin::State {
 public:
  State(rd::Handle handle, std::chrono::milliseconds timeout)
      : handle_(std::move(handle)), timeout_ms_(static_cast<int>(timeout.count())) {}

  Result<std::vector<TopicState>> ListTopics() {
    const rd_kafka_metadata_t* raw = nullptr;
    const rd_kafka_resp_err_t code = rd_kafka_metadata(handle_.get(), 1, nullptr, &raw, timeout_ms_);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ToError(code, "list topics");
    const rd::Metadata metadata(raw);
    std::vector<TopicState> topics;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
      if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      topics.push_back({topic.topic, topic.partition_cnt,
                        topic.partition_cnt > 0 ? topic.partitions[0].replica_cnt : 0});
    }
    return topics;
  }

  Result<std::vector<TopicOutcome>> CreateTopics(const std::vector<TopicSpec>& specs, bool dry_run) {
    SOUK_ASSIGN_OR_RETURN(const std::vector<TopicState> listed, ListTopics());
    std::map<std::string, TopicState> existing;
    for (const TopicState& state : listed) existing[state.name] = state;
    std::vector<TopicOutcome> outcomes;
    for (const TopicSpec& spec : specs) outcomes.push_back(Compare(spec, existing));
    if (!dry_run) {
      SOUK_RETURN_IF_ERROR(CreateMissing(specs, outcomes));
      SOUK_RETURN_IF_ERROR(GrowSmall(specs, outcomes));
      SOUK_RETURN_IF_ERROR(AwaitVisible(specs, outcomes));
    }
    SOUK_RETURN_IF_ERROR(CompareConfigs(specs, outcomes));
    return outcomes;
  }

  Result<std::vector<std::int64_t>> EndOffsets(const std::string& topic) {
    SOUK_ASSIGN_OR_RETURN(const int partitions, PartitionsOf(topic));
    const Partitions list(rd_kafka_topic_partition_list_new(partitions));
    for (int i = 0; i < partitions; ++i) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i)->offset = RD_KAFKA_OFFSET_END;
    }
    const rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(handle_.get(), list.get(), timeout_ms_);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ToError(code, "end offsets of " + topic);
    std::vector<std::int64_t> ends(static_cast<std::size_t>(partitions), 0);
    for (int i = 0; i < list->cnt; ++i) {
      const rd_kafka_topic_partition_t& one = list->elems[i];
      if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ToError(one.err, "end offsets of " + topic);
      ends[static_cast<std::size_t>(one.partition)] = one.offset;
    }
    return ends;
  }

  Result<std::vector<std::int64_t>> OffsetsAt(const std::string& topic, const Position& position) {
    SOUK_ASSIGN_OR_RETURN(std::vector<std::int64_t> offsets, EndOffsets(topic));
    if (position.kind == Position::Kind::kEnd) return offsets;
    if (position.kind == Position::Kind::kTime) return OffsetsAtTime(topic, position.value, std::move(offsets));
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      std::int64_t low = 0, high = 0;
      const rd_kafka_resp_err_t code =
          rd_kafka_query_watermark_offsets(handle_.get(), topic.c_str(), static_cast<std::int32_t>(i), &low, &high, timeout_ms_);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ToError(code, "offsets of " + topic);
      offsets[i] = position.kind == Position::Kind::kBeginning ? low : std::clamp(position.value, low, high);
    }
    return offsets;
  }

  Result<void> SetOffsets(const std::string& group, const std::string& topic, const std::vector<std::int64_t>& offsets) {
    const Partitions wanted(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      rd_kafka_topic_partition_list_add(wanted.get(), topic.c_str(), static_cast<std::int32_t>(i))->offset = offsets[i];
    }
    const NewGroupOffsets request(rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), wanted.get()));
    rd_kafka_AlterConsumerGroupOffsets_t* pointer = request.get();
    const Event event = Ask(RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, [&](const auto* options, auto* queue) {
      rd_kafka_AlterConsumerGroupOffsets(handle_.get(), &pointer, 1, options, queue);
    });
    SOUK_RETURN_IF_ERROR(Check(event, "set the offsets of group " + group));
    std::size_t count = 0;
    const auto* result = rd_kafka_event_AlterConsumerGroupOffsets_result(event.get());
    const auto** groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &count);
    if (count != 1) return MakeError(ErrorCode::kInternal, "no answer about group " + group);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (const rd_kafka_error_t* failure = rd_kafka_group_result_error(groups[0]); failure != nullptr) code = rd_kafka_error_code(failure);
    const rd_kafka_topic_partition_list_t* answered = rd_kafka_group_result_partitions(groups[0]);
    for (int i = 0; answered != nullptr && i < answered->cnt; ++i) {
      if (answered->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) code = answered->elems[i].err;
    }
    const bool has_members = code == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP || code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
    if (has_members) return MakeError(ErrorCode::kFailedPrecondition, "group " + group + " has members: stop its service first", "GROUP_HAS_MEMBERS");
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ToError(code, "set the offsets of group " + group);
    return {};
  }

  Result<std::vector<GroupLag>> ConsumerLag(const std::string& group, const std::vector<std::string>& topics) {
    std::vector<GroupLag> lags;
    for (const std::string& topic : topics) {
      SOUK_ASSIGN_OR_RETURN(const std::vector<std::int64_t> ends, EndOffsets(topic));
      for (std::size_t i = 0; i < ends.size(); ++i) lags.push_back({topic, static_cast<int>(i), -1, ends[i], ends[i]});
    }
    SOUK_RETURN_IF_ERROR(FillCommitted(group, lags));
    return lags;
  }

  Result<void> DeleteTopics(const std::vector<std::string>& names) {
    if (names.empty()) return {};
    std::vector<DeleteTopic> topics;
    for (const std::string& name : names) topics.emplace_back(rd_kafka_DeleteTopic_new(name.c_str()));
    auto pointers = Pointers(topics);
    const Event event = Ask(RD_KAFKA_ADMIN_OP_DELETETOPICS, [&](const auto* options, auto* queue) {
      rd_kafka_DeleteTopics(handle_.get(), pointers.data(), pointers.size(), options, queue);
    });
    return Check(event, "delete topics");
  }

 private:
  /// Sends one admin request and waits for its answer.
  template <class Send>
  Event Ask(rd_kafka_admin_op_t op, Send send) {
    const AdminOptions options(rd_kafka_AdminOptions_new(handle_.get(), op));
    char text[256];
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms_, text, sizeof text);
    const rd::Queue queue(rd_kafka_queue_new(handle_.get()));
    send(options.get(), queue.get());
    return Event(rd_kafka_queue_poll(queue.get(), timeout_ms_ + 1000));
  }

  static Result<void> Check(const Event& event, std::string_view doing) {
    if (!event) return MakeError(ErrorCode::kDeadlineExceeded, std::string(doing) + ": no answer");
    if (rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    Error error = rd::ToError(rd_kafka_event_error(event.get()), doing);
    error.message = std::string(doing) + ": " + rd_kafka_event_error_string(event.get());
    return error;
  }

  /// The mock cluster has no admin calls and would let them time out; it can be told by its id.
  bool TakesAdminCalls() {
    char* id = rd_kafka_clusterid(handle_.get(), kClusterIdMs);
    const bool mock = id != nullptr && std::string_view(id).starts_with("mockCluster");
    rd_kafka_mem_free(handle_.get(), id);
    return !mock;
  }

  Result<int> PartitionsOf(const std::string& topic) {
    const rd::Owned<rd_kafka_topic_t, rd_kafka_topic_destroy> handle(
        rd_kafka_topic_new(handle_.get(), topic.c_str(), nullptr));
    if (!handle) return rd::ToError(rd_kafka_last_error(), "look up " + topic);
    const rd_kafka_metadata_t* raw = nullptr;
    const rd_kafka_resp_err_t code = rd_kafka_metadata(handle_.get(), 0, handle.get(), &raw, timeout_ms_);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ToError(code, "look up " + topic);
    const rd::Metadata metadata(raw);
    if (metadata->topic_cnt != 1 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return MakeError(ErrorCode::kNotFound, "no topic " + topic, "UNKNOWN_TOPIC");
    }
    return metadata->topics[0].partition_cnt;
  }

  Result<void> CreateMissing(const std::vector<TopicSpec>& specs, std::vector<TopicOutcome>& outcomes) {
    std::vector<NewTopic> topics;
    char text[512];
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (outcomes[i].kind != TopicOutcome::Kind::kCreated) continue;
      const TopicSpec& spec = specs[i];
      NewTopic topic(
          rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, spec.replication, text, sizeof text));
      if (!topic) return InvalidArgument(spec.name, text);
      for (const auto& [key, value] : spec.config) {
        rd_kafka_NewTopic_set_config(topic.get(), key.c_str(), value.c_str());
      }
      topics.push_back(std::move(topic));
    }
    if (topics.empty()) return {};
    if (!TakesAdminCalls()) {
      return MakeError(ErrorCode::kFailedPrecondition, "the mock cluster can't create topics while it runs");
    }
    auto pointers = Pointers(topics);
    const Event event = Ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, [&](const auto* options, auto* queue) {
      rd_kafka_CreateTopics(handle_.get(), pointers.data(), pointers.size(), options, queue);
    });
    SOUK_RETURN_IF_ERROR(Check(event, "create topics"));
    std::size_t count = 0;
    const auto* result = rd_kafka_event_CreateTopics_result(event.get());
    const auto** results = rd_kafka_CreateTopics_result_topics(result, &count);
    ReportFailures(outcomes, results, count);
    return {};
  }

  /// The controller answers before every broker knows: who produces or looks at once would be told "unknown topic".
  Result<void> AwaitVisible(const std::vector<TopicSpec>& specs, const std::vector<TopicOutcome>& outcomes) {
    std::map<std::string, int> wanted;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto kind = outcomes[i].kind;
      const bool changed = kind == TopicOutcome::Kind::kCreated || kind == TopicOutcome::Kind::kGrown;
      if (changed) wanted[specs[i].name] = specs[i].partitions;
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms_);
    while (!wanted.empty()) {
      SOUK_ASSIGN_OR_RETURN(const std::vector<TopicState> listed, ListTopics());
      for (const TopicState& state : listed) {
        const auto found = wanted.find(state.name);
        if (found != wanted.end() && state.partitions >= found->second) wanted.erase(found);
      }
      if (wanted.empty()) break;
      if (std::chrono::steady_clock::now() >= deadline) {
        return MakeError(ErrorCode::kDeadlineExceeded, "created, but not visible yet: " + wanted.begin()->first);
      }
      rd_kafka_poll(handle_.get(), kVisiblePollMs);
    }
    return {};
  }

  Result<void> GrowSmall(const std::vector<TopicSpec>& specs, std::vector<TopicOutcome>& outcomes) {
    std::vector<NewPartitions> growths;
    char text[512];
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (outcomes[i].kind != TopicOutcome::Kind::kGrown) continue;
      growths.emplace_back(rd_kafka_NewPartitions_new(
          specs[i].name.c_str(), static_cast<std::size_t>(specs[i].partitions), text, sizeof text));
    }
    if (growths.empty()) return {};
    auto pointers = Pointers(growths);
    const Event event = Ask(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, [&](const auto* options, auto* queue) {
      rd_kafka_CreatePartitions(handle_.get(), pointers.data(), pointers.size(), options, queue);
    });
    SOUK_RETURN_IF_ERROR(Check(event, "add partitions"));
    std::size_t count = 0;
    const auto* result = rd_kafka_event_CreatePartitions_result(event.get());
    const auto** results = rd_kafka_CreatePartitions_result_topics(result, &count);
    ReportFailures(outcomes, results, count);
    return {};
  }

  Result<void> CompareConfigs(const std::vector<TopicSpec>& specs, std::vector<TopicOutcome>& outcomes) {
    std::vector<ConfigResource> resources;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto kind = outcomes[i].kind;
      if (kind == TopicOutcome::Kind::kCreated || kind == TopicOutcome::Kind::kFailed) continue;
      resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, specs[i].name.c_str()));
    }
    if (resources.empty() || !TakesAdminCalls()) return {};
    auto pointers = Pointers(resources);
    const Event event = Ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, [&](const auto* options, auto* queue) {
      rd_kafka_DescribeConfigs(handle_.get(), pointers.data(), pointers.size(), options, queue);
    });
    SOUK_RETURN_IF_ERROR(Check(event, "describe topics"));
    std::size_t count = 0;
    const auto* result = rd_kafka_event_DescribeConfigs_result(event.get());
    const auto** answers = rd_kafka_DescribeConfigs_result_resources(result, &count);
    for (std::size_t i = 0; i < count; ++i) CompareConfig(*answers[i], specs, outcomes);
    return {};
  }

  static void CompareConfig(const rd_kafka_ConfigResource_t& answer, const std::vector<TopicSpec>& specs,
                            std::vector<TopicOutcome>& outcomes) {
    const std::string name = rd_kafka_ConfigResource_name(&answer);
    std::size_t count = 0;
    const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(&answer, &count);
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (specs[i].name != name) continue;
      for (std::size_t k = 0; k < count; ++k) {
        const auto declared = specs[i].config.find(rd_kafka_ConfigEntry_name(entries[k]));
        const char* actual = rd_kafka_ConfigEntry_value(entries[k]);
        if (declared == specs[i].config.end() || actual == nullptr || declared->second == actual) continue;
        TopicOutcome& outcome = outcomes[i];
        if (outcome.kind == TopicOutcome::Kind::kUnchanged) outcome.kind = TopicOutcome::Kind::kDiffers;
        if (!outcome.detail.empty()) outcome.detail += ", ";
        outcome.detail += declared->first + " is " + actual + ", declared " + declared->second;
      }
    }
  }

  Result<std::vector<std::int64_t>> OffsetsAtTime(const std::string& topic, std::int64_t unix_ms, std::vector<std::int64_t> ends) {
    const Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(ends.size())));
    for (std::size_t i = 0; i < ends.size(); ++i) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<std::int32_t>(i))->offset = unix_ms;
    }
    const rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(handle_.get(), list.get(), timeout_ms_);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ToError(code, "offsets of " + topic + " by time");
    for (int i = 0; i < list->cnt; ++i) {
      const auto& one = list->elems[i];
      if (one.offset >= 0) ends[static_cast<std::size_t>(one.partition)] = one.offset;  // -1: nothing that late, so the end
    }
    return ends;
  }

  Result<void> FillCommitted(const std::string& group, std::vector<GroupLag>& lags) {
    const Partitions wanted(rd_kafka_topic_partition_list_new(static_cast<int>(lags.size())));
    for (const GroupLag& lag : lags) {
      rd_kafka_topic_partition_list_add(wanted.get(), lag.topic.c_str(), lag.partition);
    }
    const GroupOffsets request(rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), wanted.get()));
    rd_kafka_ListConsumerGroupOffsets_t* pointer = request.get();
    const Event event = Ask(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, [&](const auto* options, auto* queue) {
      rd_kafka_ListConsumerGroupOffsets(handle_.get(), &pointer, 1, options, queue);
    });
    SOUK_RETURN_IF_ERROR(Check(event, "offsets of group " + group));
    std::size_t count = 0;
    const auto* result = rd_kafka_event_ListConsumerGroupOffsets_result(event.get());
    const auto** groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
    if (count != 1) return MakeError(ErrorCode::kInternal, "no answer about group " + group);
    if (const rd_kafka_error_t* failure = rd_kafka_group_result_error(groups[0]); failure != nullptr) {
      return rd::ToError(rd_kafka_error_code(failure), "offsets of group " + group);
    }
    const rd_kafka_topic_partition_list_t* offsets = rd_kafka_group_result_partitions(groups[0]);
    for (GroupLag& lag : lags) {
      const auto* found = rd_kafka_topic_partition_list_find(
          const_cast<rd_kafka_topic_partition_list_t*>(offsets), lag.topic.c_str(), lag.partition);
      if (found == nullptr || found->offset < 0) continue;
      lag.committed = found->offset;
      lag.lag = std::max<std::int64_t>(0, lag.end - lag.committed);
    }
    return {};
  }

  const rd::Handle handle_;
  const int timeout_ms_;
};

Admin::Admin(std::unique_ptr<State> state) : state_(std::move(state)) {}
Admin::~Admin() = default;

Result<std::unique_ptr<Admin>> Admin::Create(std::string brokers, std::chrono::milliseconds timeout) {
  if (brokers.empty()) return InvalidArgument("kafka.brokers", "is empty");
  SOUK_ASSIGN_OR_RETURN(rd::Conf conf, rd::MakeConf(rd::CommonSettings(brokers, "souk-admin")));
  SOUK_ASSIGN_OR_RETURN(rd::Handle handle, rd::MakeHandle(RD_KAFKA_PRODUCER, std::move(conf)));
  return std::unique_ptr<Admin>(new Admin(std::make_unique<State>(std::move(handle), timeout)));
}

Result<std::vector<TopicOutcome>> Admin::CreateTopics(const std::vector<TopicSpec>& specs, bool dry_run) {
  return state_->CreateTopics(specs, dry_run);
}
Result<std::vector<TopicState>> Admin::ListTopics() { return state_->ListTopics(); }
Result<std::vector<std::int64_t>> Admin::EndOffsets(const std::string& topic) { return state_->EndOffsets(topic); }
Result<std::vector<GroupLag>> Admin::ConsumerLag(const std::string& group, const std::vector<std::string>& topics) {
  return state_->ConsumerLag(group, topics);
}
Result<std::vector<std::int64_t>> Admin::OffsetsAt(const std::string& topic, const Position& position) {
  return state_->OffsetsAt(topic, position);
}
Result<void> Admin::SetOffsets(const std::string& group, const std::string& topic, const std::vector<std::int64_t>& offsets) {
  return state_->SetOffsets(group, topic, offsets);
}
Result<void> Admin::DeleteTopics(const std::vector<std::string>& names) { return state_->DeleteTopics(names); }

}  // namespace souk::kafka
