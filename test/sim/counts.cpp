#include "test/sim/counts.hpp"

namespace souk::sim {

using inventory::CountChange;
using inventory::CountView;
using inventory::Level;
using inventory::Line;
using inventory::Verdict;

void SimAvailability::NoteMissing(const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    counts_.Read({line.sku}, [&](Result<std::vector<CountView>> views) {
      if ((*views)[0].missing) watch_->Missing(line.sku);
    });
  }
}

void SimAvailability::Take(std::vector<std::vector<Line>> claims, std::function<void(std::vector<Verdict>)> done) {
  node_.Step([this, claims = std::move(claims), done = std::move(done)] {
    std::vector<Verdict> verdicts(claims.size());
    const bool lost = Away();
    const bool never_arrived = lost && node_.world().Below(2) == 0;
    if (!never_arrived) counts_.Take(claims, [&](std::vector<Verdict> given) { verdicts = std::move(given); });
    for (std::size_t i = 0; i < claims.size(); ++i) {
      if (verdicts[i].kind == Verdict::Kind::kUnknown && !lost) NoteMissing(claims[i]);
      if (verdicts[i].kind == Verdict::Kind::kRefused || lost) {
        for (const Line& line : claims[i]) watch_->Suspect(line.sku);
      }
      if (lost) verdicts[i] = {};
    }
    node_.Step([done, verdicts = std::move(verdicts)] { done(verdicts); });
  });
}

void SimAvailability::Add(std::vector<CountChange> changes) {
  for (CountChange& change : changes) {
    node_.Step([this, change = std::move(change)] {
      const bool lost = Away();
      if (lost) watch_->Suspect(change.sku);
      if (lost && node_.world().Below(2) == 0) return;
      counts_.Add({change});
      NoteMissing({{change.sku, 1}});
    });
  }
}

void SimAvailability::Read(std::vector<std::string> skus, std::function<void(Result<std::vector<CountView>>)> done) {
  node_.Step([this, skus = std::move(skus), done = std::move(done)] {
    if (Away()) return done(MakeError(ErrorCode::kUnavailable, "the counts are away"));
    counts_.Read(skus, [this, done](Result<std::vector<CountView>> views) { node_.Step([done, views = std::move(views)] { done(views); }); });
  });
}

void SimAvailability::Seed(std::vector<Level> levels, std::function<void(Result<std::int64_t>)> done) {
  node_.Step([this, levels = std::move(levels), done = std::move(done)] {
    if (Away()) return done(MakeError(ErrorCode::kUnavailable, "the counts are away"));
    counts_.Seed(levels, done);
  });
}

void SimAvailability::Correct(const CountView& seen, std::int64_t available, std::function<void(bool)> done) {
  node_.Step([this, seen, available, done = std::move(done)] {
    if (Away()) return done(false);
    counts_.Correct(seen, available, done);
  });
}

void SimStockReader::Levels(std::vector<std::string> skus, std::function<void(Result<std::vector<Level>>)> done) {
  Ask<std::vector<Level>>([this, skus = std::move(skus)](auto answer) { reader_.Levels(skus, answer); }, std::move(done));
}
void SimStockReader::LevelsAfter(std::string after, int limit, std::function<void(Result<std::vector<Level>>)> done) {
  Ask<std::vector<Level>>([this, after = std::move(after), limit](auto answer) { reader_.LevelsAfter(after, limit, answer); }, std::move(done));
}
void SimStockReader::Find(Uuid id, std::function<void(Result<inventory::Reservation>)> done) {
  Ask<inventory::Reservation>([this, id](auto answer) { reader_.Find(id, answer); }, std::move(done));
}
void SimStockReader::Known(std::vector<Uuid> ids, std::function<void(Result<std::vector<Uuid>>)> done) {
  Ask<std::vector<Uuid>>([this, ids = std::move(ids)](auto answer) { reader_.Known(ids, answer); }, std::move(done));
}
void SimStockReader::Overdue(SystemTime now, int limit, std::function<void(Result<std::vector<Uuid>>)> done) {
  Ask<std::vector<Uuid>>([this, now, limit](auto answer) { reader_.Overdue(now, limit, answer); }, std::move(done));
}

}  // namespace souk::sim
