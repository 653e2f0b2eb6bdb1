#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libs/http/router.hpp"
#include "services/inventory/app/hot_list.hpp"
#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

/// GET /v1/stock:hot?limit=10: the SKUs that are claimed most, with their figures in the ledger and their counts by shard.
/// Asked often by the live page: one answer serves everybody for 500 ms.
class HotPage {
 public:
  HotPage(const HotList& hot, StockReader& reader, Availability* availability)
      : hot_(hot), reader_(reader), availability_(availability) {}
  void Mount(http::Router& router);

 private:
  using Answer = std::function<void(Result<std::string>)>;
  void Get(std::size_t limit, Answer answer);
  void Load(std::size_t limit);
  void Finish(Result<std::string> json);

  const HotList& hot_;
  StockReader& reader_;
  Availability* const availability_;
  std::mutex mutex_;
  std::string json_;
  std::size_t json_limit_ = 0;
  SteadyTime fresh_until_{};
  bool loading_ = false;
  std::vector<Answer> waiting_;
};

}  // namespace souk::inventory
