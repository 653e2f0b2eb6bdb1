#include <map>

#include "libs/base/match.hpp"
#include "services/inventory/adapters/memory_availability.hpp"
#include "services/inventory/adapters/memory_stock_store.hpp"
#include "services/inventory/test/availability_contract.hpp"
#include "services/inventory/test/stock_store_contract.hpp"

namespace souk::inventory {
namespace {

struct MemoryStoreTraits {
  std::shared_ptr<StockStore> NewStore() { return store; }
  std::optional<Level> LevelOf(const std::string& sku) { return store->LevelOf(sku); }
  int Count(const std::string& type) {
    for (const Event& event : store->TakeEvents()) {
      const char* name = std::visit(Match{[](const StockReserved&) { return "StockReserved"; },
                                          [](const StockRejected&) { return "StockRejected"; },
                                          [](const StockChanged&) { return "StockChanged"; },
                                          [](const StockLow&) { return "StockLow"; }, [](const auto&) { return "other"; }},
                                    event.body);
      ++counts[std::string("souk.inventory.v1.") + name];
    }
    return counts[type];
  }
  void AbortNext() { store->FailNext(1, MakeError(ErrorCode::kAborted, "lost the race")); }
  void AllowAll() {}
  std::shared_ptr<MemoryStockStore> store = std::make_shared<MemoryStockStore>();
  std::map<std::string, int> counts;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StockStoreContract, MemoryStoreTraits);

struct MemoryCountsTraits {
  std::string Sku(const std::string& name) { return name; }
  Availability& availability() { return counts; }
  bool Settles(const std::function<bool()>& condition) { return condition(); }
  MemoryAvailability counts;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, AvailabilityContract, MemoryCountsTraits);

}  // namespace
}  // namespace souk::inventory
