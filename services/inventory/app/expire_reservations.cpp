#include "services/inventory/app/expire_reservations.hpp"

namespace souk::inventory {

void ExpireReservations::Tick() {
  if (!running_.exchange(true)) NextPage();
}

void ExpireReservations::NextPage() {
  reader_.Overdue(clock_.Now(), kPage, [this](Result<std::vector<Uuid>> ids) { OnPage(std::move(ids)); });
}

void ExpireReservations::OnPage(Result<std::vector<Uuid>> ids) {
  if (!ids.ok() || ids->empty()) {
    running_ = false;
    return;
  }
  struct Page {
    std::atomic<std::size_t> open{1};
    std::atomic<bool> failed{false};
    bool full = false;
  };
  const auto page = std::make_shared<Page>();
  page->open += ids->size();
  page->full = ids->size() == static_cast<std::size_t>(kPage);
  const auto end_one = [this, page] {
    if (page->open.fetch_sub(1) != 1) return;
    if (page->full && !page->failed) return NextPage();
    running_ = false;
  };
  for (const Uuid& id : *ids) {
    Work work;
    work.command = Expire{id};
    work.cause.now = clock_.Now();
    work.done = [this, page, end_one](const Result<void>& result, Work& done) {
      if (!result.ok()) page->failed = true;
      if (result.ok() && done.outcome.reservation && done.outcome.reservation->status == Status::kExpired) ++expired_;
      end_one();
    };
    if (!ledger_.Submit(std::move(work)).ok()) {
      page->failed = true;
      end_one();
    }
  }
  end_one();
}

}  // namespace souk::inventory
