#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "libs/kafka/ports.hpp"

namespace souk::kafka {

/// "<group>.dlq"
std::string DeadLetterTopic(std::string_view group);

/// Puts a record that will never be applied aside: same key, value and headers, plus dlq_reason (up to 1,000 bytes),
/// dlq_topic, dlq_partition and dlq_offset. Returns when it is durable; on an error the handler must fail its batch,
/// else the record would be lost.
Result<void> DeadLetter(Publisher& publisher, std::string_view group, const Record& record,
                        std::string_view reason,
                        std::chrono::milliseconds timeout = std::chrono::seconds(10));

/// What a dead letter was before: topic, key, value and headers without the dlq_ ones. kInvalidArgument when the record
/// is not a dead letter. Redrive produces the answer.
Result<Record> Redriven(const Record& dead_letter);

}  // namespace souk::kafka
