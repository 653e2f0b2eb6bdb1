#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "libs/base/uuid.hpp"
#include "libs/kafka/record.hpp"

namespace souk::kafka {

/// What is known about a message without reading its payload: CloudEvents 1.0 attributes in Kafka's binary mode
/// (headers ce_id, ce_type, ce_source, ce_subject, ce_time, ce_specversion, content-type) and four of ours
/// (ce_aggregateversion, ce_correlationid, ce_causationid, traceparent).
struct Envelope {
  Uuid id;                             ///< the same through every redelivery: the inbox is keyed by it
  std::string type;                    ///< full protobuf name, "souk.orders.v1.OrderPlaced"
  std::string source;                  ///< the service that wrote it, "orders"
  std::string subject;                 ///< aggregate id; equals the record's key
  SystemTime time;                     ///< when it happened
  std::int64_t aggregate_version = 0;  ///< 1, 2, 3 ... per aggregate
  std::string correlation_id;          ///< one per business process (the order id); may be empty
  std::string causation_id;            ///< id of the message that caused this one; may be empty
  std::string traceparent;             ///< W3C trace context; may be empty

  bool operator==(const Envelope&) const = default;
};

std::vector<Header> ToHeaders(const Envelope& envelope);

/// kInvalidArgument with reason INVALID_ENVELOPE and the offending header as its field: a mandatory header is missing
/// or malformed, the version is below 1, or the key is not the subject.
Result<Envelope> ParseEnvelope(const Record& record);

/// A record ready for Publisher::Produce: key = subject, headers from the envelope.
Record ToRecord(std::string topic, const Envelope& envelope, std::string payload);

}  // namespace souk::kafka
