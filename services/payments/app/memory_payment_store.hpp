#pragma once

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "services/payments/app/batch.hpp"

namespace souk::payments {

/// Store and reader without an engine, for tests. FailNext makes a batch abort after it was decided.
class MemoryPaymentStore final : public PaymentStore, public PaymentReader {
 public:
  explicit MemoryPaymentStore(Policy policy = {}) : policy_(policy) {}

  Result<void> Apply(std::span<Work> works) override;
  Result<std::vector<Aggregate>> Get(const std::vector<Uuid>& ids) override;
  Result<std::vector<Payment>> Changed(SystemTime since, const Uuid& after, int limit) override;
  Result<std::vector<Uuid>> Due(SystemTime now, int limit) override;
  Result<std::vector<ParkedWebhook>> Parked(SystemTime oldest, int limit) override;
  Result<std::vector<StatusCount>> Stats() override;

  void FailNext(Error error) { fail_next_ = std::move(error); }
  std::vector<EmittedEvent> Events();
  /// Those since the last call.
  std::vector<EmittedEvent> TakeEvents();
  /// Every entry, by cause and account.
  std::map<std::pair<std::string, std::string>, std::int64_t> Entries();
  std::map<std::string, std::int64_t> Balances();

 private:
  struct Kept {
    Uuid payment_id;
    std::string provider_id;
    std::string body;
  };
  Uuid Resolve(const Work& work) const;
  bool IsDuplicate(const Work& work, std::set<Uuid>& in_batch) const;
  void Save(const Batch& batch, const std::set<Uuid>& message_ids);

  const Policy policy_;
  std::mutex mutex_;
  std::map<Uuid, Aggregate> rows_;
  std::set<Uuid> inbox_;
  std::map<std::string, Kept> parked_;
  std::map<std::pair<std::string, std::string>, std::int64_t> ledger_;
  std::vector<EmittedEvent> events_;
  std::optional<Error> fail_next_;
};

}  // namespace souk::payments
