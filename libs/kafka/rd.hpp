#pragma once

// Private to this library: owners for librdkafka's C handles. Nothing outside libs/kafka includes it.

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/kafka/record.hpp"

namespace souk::kafka::rd {

template <auto kDestroy>
struct Deleter {
  template <class T>
  void operator()(T* handle) const {
    kDestroy(handle);
  }
};
template <class T, auto kDestroy>
using Owned = std::unique_ptr<T, Deleter<kDestroy>>;

using Handle = Owned<rd_kafka_t, rd_kafka_destroy>;
using Conf = Owned<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using Queue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using Message = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;
using Partitions = Owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using Failure = Owned<rd_kafka_error_t, rd_kafka_error_destroy>;
using Headers = Owned<rd_kafka_headers_t, rd_kafka_headers_destroy>;
using Metadata = Owned<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;
using AdminOptions = Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;

using Settings = std::vector<std::pair<std::string, std::string>>;

/// What every client of ours has in common: brokers, no Nagle (the default of 2.0.2 costs 40 ms), quick reconnects,
/// logs through libs/observability.
Settings CommonSettings(const std::string& brokers, const std::string& client_id);

/// kInvalidArgument names the setting that was refused.
Result<Conf> MakeConf(const Settings& settings);

/// Takes the configuration over on success.
Result<Handle> MakeHandle(rd_kafka_type_t type, Conf conf);

/// The one place where librdkafka's codes become ours.
Error ToError(rd_kafka_resp_err_t code, std::string_view doing);

std::string_view View(const void* data, std::size_t size);

/// Copies a consumed message into `record`, reusing the memory that its strings already own.
void Assign(Record& record, const rd_kafka_message_t& message);

}  // namespace souk::kafka::rd
