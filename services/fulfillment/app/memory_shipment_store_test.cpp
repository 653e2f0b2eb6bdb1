#include "services/fulfillment/app/memory_shipment_store.hpp"

#include "services/fulfillment/app/shipment_store_contract.hpp"

namespace souk::fulfillment {
namespace {

const char* NameOf(const ShipmentEvent& event) {
  static const char* const kNames[] = {"ShipmentCreated",   "ShipmentRefused", "ShipmentDispatched",
                                       "ShipmentDelivered", "ShipmentLost",    "ShipmentCancelled",
                                       "ReturnReceived"};
  return kNames[event.index()];
}

class MemoryFixture {
 public:
  class Instance final : public ShipmentStore {
   public:
    explicit Instance(MemoryShipmentStore& store) : store_(store) {}
    Result<void> Apply(std::span<Work> works) override { return store_.Apply(works); }

   private:
    MemoryShipmentStore& store_;
  };

  std::unique_ptr<ShipmentStore> NewInstance() { return std::make_unique<Instance>(store_); }
  ShipmentView& view() { return store_; }
  std::vector<std::pair<ShipmentId, std::string>> Events() {
    std::vector<std::pair<ShipmentId, std::string>> events;
    for (const EmittedEvent& event : store_.Events()) events.emplace_back(event.shipment_id, NameOf(event.event));
    return events;
  }
  Work Poison(Work work) {
    store_.FailNext(1, MakeError(ErrorCode::kInternal, "poison"));
    return work;
  }
  void Heal() {}

 private:
  MemoryShipmentStore store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ShipmentStoreContract, MemoryFixture);

}  // namespace
}  // namespace souk::fulfillment
