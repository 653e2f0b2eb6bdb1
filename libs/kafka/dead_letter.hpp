#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "libs/kafka/ports.hpp"

namespace souk::kafka {

/// "<group>.dlq"
std::string DeadLetterTopic(std::string_view group);

/// "<group>.redrive": dead letters come back to their group through it, so that no other group of the topic sees them again.
std::string RedriveTopic(std::string_view group);

/// Puts a record that will never be applied aside: same key, value and headers, plus dlq_reason (up to 1,000 bytes),
/// dlq_topic, dlq_partition, dlq_offset and dlq_attempts. Returns when it is durable; on an error the handler must fail its
/// batch, else the record would be lost.
Result<void> DeadLetter(Publisher& publisher, std::string_view group, const Record& record,
                        std::string_view reason, int attempts = 1,
                        std::chrono::milliseconds timeout = std::chrono::seconds(10));

/// The record that takes a dead letter back to its group; with `drop` only its place in the order is given up, unread.
/// kInvalidArgument when the record is not a dead letter.
Result<Record> ToRedrive(const Record& dead_letter, std::string_view group, bool drop);

/// What a dead letter, or what ToRedrive made of it, was before: topic, partition, offset, key, value and headers without the
/// dlq_ ones. kInvalidArgument when the record is not a dead letter.
Result<Record> Redriven(const Record& dead_letter);
/// What ToRedrive made is to be dropped.
bool IsDrop(const Record& redriven);

/// Produces and waits until the record is durable.
Result<void> ProduceAndWait(Publisher& publisher, Record record, std::chrono::milliseconds timeout = std::chrono::seconds(10));

}  // namespace souk::kafka
