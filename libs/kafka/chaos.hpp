#pragma once

#include <cstdint>
#include <vector>

#include "libs/base/random.hpp"
#include "libs/kafka/record.hpp"

namespace souk::kafka {

/// Makes frequent what at-least-once delivery allows, for tests of idempotence. Kafka itself keeps the order inside a
/// partition, so these faults can't be had from outside.
class Chaos {
 public:
  Chaos(bool duplicate, bool shuffle, std::uint64_t seed)
      : duplicate_(duplicate), shuffle_(shuffle), random_(seed) {}

  bool Active() const { return duplicate_ || shuffle_; }

  /// Adds second deliveries (here, or kept for the next call) and mixes the keys. The first delivery of each record keeps
  /// its place among the first deliveries of its key.
  void Apply(std::vector<Record>& batch);

 private:
  void Duplicate(std::vector<Record>& batch);
  void Shuffle(std::vector<Record>& batch);

  const bool duplicate_;
  const bool shuffle_;
  SeededRandom random_;
  std::vector<Record> late_;  ///< second deliveries for the next batch
};

}  // namespace souk::kafka
