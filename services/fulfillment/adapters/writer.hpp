#pragma once

#include "libs/sql/group_commit.hpp"
#include "services/fulfillment/app/ports.hpp"

namespace souk::fulfillment {

/// Everything that changes a shipment goes through here: see docs/architecture.md, "One way in".
class Writer {
 public:
  Writer(ShipmentStore& store, std::size_t batch_max)
      : commits_(
            {.name = "fulfillment", .batch_max = batch_max, .queue_max = 32'768},
            [&store](std::span<Work> works) { return store.Apply(works); },
            [](Work& work, const Result<void>& result) {
              if (work.done) work.done(result);
            }) {}

  Result<void> Submit(Work work) { return commits_.Submit(std::move(work)); }
  void Stop() { commits_.Stop(); }

 private:
  sql::GroupCommit<Work> commits_;
};

}  // namespace souk::fulfillment
