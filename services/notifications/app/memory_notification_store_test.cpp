#include "services/notifications/app/memory_notification_store.hpp"

#include "services/notifications/app/notification_store_contract.hpp"

namespace souk::notifications {
namespace {

class MemoryFixture {
 public:
  class Instance final : public NotificationStore {
   public:
    explicit Instance(MemoryNotificationStore& store) : store_(store) {}
    Result<void> Apply(std::span<Work> works, std::chrono::milliseconds lease) override {
      return store_.Apply(works, lease);
    }
    Result<std::vector<Delivery>> Claim(Channel channel, SystemTime now, std::chrono::milliseconds lease,
                                        int limit) override {
      return store_.Claim(channel, now, lease, limit);
    }

   private:
    MemoryNotificationStore& store_;
  };

  std::unique_ptr<NotificationStore> NewInstance() { return std::make_unique<Instance>(store_); }
  NotificationView& view() { return store_; }
  Work Poison(Work work) {
    store_.FailNext(1, MakeError(ErrorCode::kInternal, "poison"));
    return work;
  }
  void Heal() {}

 private:
  MemoryNotificationStore store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, NotificationStoreContract, MemoryFixture);

}  // namespace
}  // namespace souk::notifications
