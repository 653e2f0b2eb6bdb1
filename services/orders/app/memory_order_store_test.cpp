#include "services/orders/app/memory_order_store.hpp"

#include "services/orders/app/order_store_contract.hpp"

namespace souk::orders::testing {
namespace {

class MemoryKit {
 public:
  OrderStore& store() { return *store_; }
  std::shared_ptr<OrderStore> MakeStore() { return store_; }
  void AbortNext(int times) { store_->AbortNext(times); }
  std::int64_t CountMessages(const Uuid& id) {
    std::int64_t count = 0;
    for (const OutgoingMessage& message : store_->state().messages) count += message.order->id() == id ? 1 : 0;
    return count;
  }
  std::int64_t CountTimeline(const Uuid& id) {
    std::int64_t count = 0;
    for (const auto& [key, entry] : store_->state().timeline) count += key.first == id ? 1 : 0;
    return count;
  }
  std::vector<Uuid> Due(SystemTime now) { return store_->Due(now, 100); }

 private:
  std::shared_ptr<MemoryOrderStore> store_ = std::make_shared<MemoryOrderStore>();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, OrderStoreContract, MemoryKit);

}  // namespace
}  // namespace souk::orders::testing
