#include "services/payments/app/memory_payment_store.hpp"

#include "services/payments/app/payment_store_contract.hpp"

namespace souk::payments {
namespace {

/// The store's data is shared by its "instances".
class Shared final : public PaymentStore {
 public:
  explicit Shared(MemoryPaymentStore& store) : store_(store) {}
  Result<void> Apply(std::span<Work> works) override { return store_.Apply(works); }

 private:
  MemoryPaymentStore& store_;
};

struct MemoryFixture {
  std::unique_ptr<PaymentStore> NewInstance() { return std::make_unique<Shared>(store); }
  PaymentReader& reader() { return store; }
  std::vector<std::int64_t> EventVersions(const Uuid& id) {
    std::vector<std::int64_t> versions;
    for (const EmittedEvent& event : store.Events()) {
      if (event.payment_id == id) versions.push_back(event.event.version);
    }
    return versions;
  }
  std::map<std::string, std::int64_t> Balances() { return store.Balances(); }
  void Poison(std::vector<Work>&, PaymentStore&) { store.FailNext(MakeError(ErrorCode::kInternal, "told to fail")); }
  void Heal() {}
  MemoryPaymentStore store;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, PaymentStoreContract, MemoryFixture);

}  // namespace
}  // namespace souk::payments
