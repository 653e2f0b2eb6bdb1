#pragma once

#include "services/inventory/adapters/memory_availability.hpp"
#include "services/inventory/adapters/memory_stock_reader.hpp"
#include "services/inventory/app/ports.hpp"
#include "test/sim/node.hpp"

namespace souk::sim {

/// The hot counts as one process reaches them: late, away, or with an answer that got lost after the work was done.
class SimAvailability final : public inventory::Availability {
 public:
  SimAvailability(Node& node, inventory::MemoryAvailability& counts) : node_(node), counts_(counts) {}
  /// Who hears of what seems wrong, as adapters/redis_availability.cpp tells it.
  void SetWatch(inventory::CountWatch* watch) { watch_ = watch; }

  void Take(std::vector<std::vector<inventory::Line>> claims, std::function<void(std::vector<inventory::Verdict>)> done) override;
  void Add(std::vector<inventory::CountChange> changes) override;
  void Read(std::vector<std::string> skus, std::function<void(Result<std::vector<inventory::CountView>>)> done) override;
  void Seed(std::vector<inventory::Level> levels, std::function<void(Result<std::int64_t>)> done) override;
  void Correct(const inventory::CountView& seen, std::int64_t available, std::function<void(bool)> done) override;
  int ShardsOf(const std::string&) const override { return 1; }

 private:
  bool Away() { return node_.world().Fault(node_.world().faults().redis_away); }
  void NoteMissing(const std::vector<inventory::Line>& lines);

  Node& node_;
  inventory::MemoryAvailability& counts_;
  inventory::CountWatch* watch_ = nullptr;
};

/// Reads of the ledger as one process makes them.
class SimStockReader final : public inventory::StockReader {
 public:
  SimStockReader(Node& node, inventory::MemoryStockReader& reader) : node_(node), reader_(reader) {}
  void Levels(std::vector<std::string> skus, std::function<void(Result<std::vector<inventory::Level>>)> done) override;
  void LevelsAfter(std::string after, int limit, std::function<void(Result<std::vector<inventory::Level>>)> done) override;
  void Find(Uuid id, std::function<void(Result<inventory::Reservation>)> done) override;
  void Known(std::vector<Uuid> ids, std::function<void(Result<std::vector<Uuid>>)> done) override;
  void Overdue(SystemTime now, int limit, std::function<void(Result<std::vector<Uuid>>)> done) override;

 private:
  /// Reads at one moment and answers at a later one.
  template <class Value>
  void Ask(std::function<void(std::function<void(Result<Value>)>)> read, std::function<void(Result<Value>)> done) {
    node_.Step([this, read = std::move(read), done = std::move(done)] {
      reader_.away = !node_.sql().Answers();
      read([this, done](Result<Value> value) { node_.Step([done, value = std::move(value)] { done(value); }); });
    });
  }

  Node& node_;
  inventory::MemoryStockReader& reader_;
};

}  // namespace souk::sim
