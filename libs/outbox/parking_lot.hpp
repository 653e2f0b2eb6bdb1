#pragma once

#include <mutex>
#include <string>

#include "libs/kafka/parking.hpp"
#include "libs/sql/connection.hpp"

namespace souk::outbox {

/// The parked records of one consumer group in the service's own database (migrations/parked*.sql). A connection of its own, opened when first
/// needed. Thread-safe.
class SqlParkingLot final : public kafka::ParkingLot {
 public:
  SqlParkingLot(sql::ConnectionConfig config, std::string group) : connection_(std::move(config)), group_(std::move(group)) {}

  Result<std::set<std::string>> Keys() override;
  Result<bool> Park(const std::string& key, const kafka::Place& place, const std::string& reason) override;
  Result<bool> Follow(const std::string& key, const kafka::Place& place) override;
  Result<bool> IsFirst(const std::string& key, const kafka::Place& place) override;
  Result<void> Leave(const std::string& key, const kafka::Place& place) override;

 private:
  std::mutex mutex_;
  sql::Connection connection_;
  const std::string group_;
};

}  // namespace souk::outbox
