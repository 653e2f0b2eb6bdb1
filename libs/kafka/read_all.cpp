#include <algorithm>

#include "libs/kafka/admin.hpp"
#include "libs/kafka/rd.hpp"

namespace souk::kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// A client that reads partitions by offset and belongs to no group (the name is a formality of librdkafka).
Result<rd::Handle> OpenReader(const std::string& brokers) {
  rd::Settings settings = rd::CommonSettings(brokers, "souk-reader");
  settings.emplace_back("group.id", "souk-reader");
  settings.emplace_back("enable.auto.commit", "false");
  settings.emplace_back("auto.offset.reset", "earliest");
  settings.emplace_back("allow.auto.create.topics", "false");
  settings.emplace_back("fetch.wait.max.ms", "50");
  settings.emplace_back("enable.partition.eof", "true");
  SOUK_ASSIGN_OR_RETURN(rd::Conf conf, rd::MakeConf(settings));
  SOUK_ASSIGN_OR_RETURN(rd::Handle handle, rd::MakeHandle(RD_KAFKA_CONSUMER, std::move(conf)));
  rd_kafka_poll_set_consumer(handle.get());
  return handle;
}

/// Assigns the partitions that have something to read; answers how many.
int AssignUnread(rd_kafka_t* handle, const std::string& topic, const std::vector<std::int64_t>& from,
                 const std::vector<std::int64_t>& ends) {
  const rd::Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(ends.size())));
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (from[i] >= ends[i]) continue;
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<int>(i))->offset = from[i];
  }
  if (list->cnt > 0) rd_kafka_assign(handle, list.get());
  return list->cnt;
}

}  // namespace

Result<std::vector<std::int64_t>> ReadAll(const std::string& brokers, const std::string& topic,
                                          std::vector<std::int64_t> from,
                                          const std::function<bool(const Record&)>& visit,
                                          std::chrono::milliseconds timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  SOUK_ASSIGN_OR_RETURN(const std::unique_ptr<Admin> admin, Admin::Create(brokers));
  SOUK_ASSIGN_OR_RETURN(const std::vector<std::int64_t> ends, admin->EndOffsets(topic));
  from.resize(ends.size(), 0);
  SOUK_ASSIGN_OR_RETURN(const rd::Handle handle, OpenReader(brokers));
  int unfinished = AssignUnread(handle.get(), topic, from, ends);
  Record record;
  while (unfinished > 0) {
    if (SteadyClock::now() >= deadline) {
      return MakeError(ErrorCode::kDeadlineExceeded, "reading " + topic + " took too long");
    }
    const rd::Message message(rd_kafka_consumer_poll(handle.get(), 100));
    if (!message) continue;
    const auto partition = static_cast<std::size_t>(std::max(message->partition, 0));
    const bool end_reached = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !end_reached) continue;  // it keeps trying by itself
    if (partition >= ends.size() || from[partition] >= ends[partition]) continue;
    if (!end_reached) {
      rd::Assign(record, *message);
      if (!visit(record)) return from;
    }
    // Control records and retention leave gaps: the end of the partition counts as well.
    from[partition] = end_reached ? ends[partition] : message->offset + 1;
    if (from[partition] >= ends[partition]) --unfinished;
  }
  return from;
}

}  // namespace souk::kafka
