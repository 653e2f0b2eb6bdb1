#include "services/inventory/adapters/hot_page.hpp"

#include <charconv>
#include <unordered_map>

#include "libs/http/problem.hpp"

namespace souk::inventory {
namespace {

using Hottest = std::vector<std::pair<std::string, double>>;

std::string Number(const char* name, std::int64_t value) { return std::string("\"") + name + "\":" + std::to_string(value); }

std::string OneSku(const std::string& sku, double rate, const Level* level, const CountView* view) {
  std::string json = "{\"sku\":\"" + sku + "\",\"reservesPerSecond\":" + std::to_string(rate);
  if (level != nullptr) {
    json += "," + Number("onHand", level->OnHand()) + "," + Number("reserved", level->reserved) + "," +
            Number("available", level->Available()) + "," + Number("sold", level->sold) + "," + Number("version", level->version);
  }
  json += std::string(",\"counts\":\"") + (view != nullptr && !view->missing ? "present" : "missing") + "\",\"shards\":[";
  if (view != nullptr) {
    for (const ShardCount& shard : view->shards) {
      if (json.back() == '}') json += ',';
      json += "{" + Number("shard", shard.shard) + "," + Number("available", shard.available) + "}";
    }
  }
  return json + "]}";
}

std::string ToJson(const Hottest& hottest, const std::vector<Level>& levels, const std::vector<CountView>& views) {
  std::unordered_map<std::string, const Level*> level_of;
  std::unordered_map<std::string, const CountView*> view_of;
  for (const Level& level : levels) level_of[level.sku] = &level;
  for (const CountView& view : views) view_of[view.sku] = &view;
  std::string json = "{\"skus\":[";
  for (const auto& [sku, rate] : hottest) {
    if (json.back() == '}') json += ',';
    json += OneSku(sku, rate, level_of[sku], view_of[sku]);
  }
  return json + "]}";
}

}  // namespace

void HotPage::Mount(http::Router& router) {
  router.Add("GET", "/v1/stock:hot", [this](http::Request request, http::Responder responder) {
    std::size_t limit = 10;
    if (const auto text = request.Query("limit")) {
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
      if (error != std::errc{} || end != text->data() + text->size() || limit < 1 || limit > 100) {
        return responder.Send(http::ProblemResponse(MalformedField("limit", "must be 1 to 100"), request.context));
      }
    }
    const auto shared = http::Share(std::move(responder));
    Get(limit, [shared, context = request.context](Result<std::string> json) {
      if (!json.ok()) return shared->Send(http::ProblemResponse(json.error(), context));
      http::Response response;
      response.body = std::move(*json);
      shared->Send(std::move(response));
    });
  });
}

void HotPage::Get(std::size_t limit, Answer answer) {
  {
    std::unique_lock lock(mutex_);
    if (std::chrono::steady_clock::now() < fresh_until_ && limit == json_limit_) {
      std::string json = json_;
      lock.unlock();
      return answer(std::move(json));
    }
    waiting_.push_back(std::move(answer));
    if (loading_) return;
    loading_ = true;
    json_limit_ = limit;
  }
  Load(limit);
}

void HotPage::Load(std::size_t limit) {
  const auto hottest = std::make_shared<Hottest>(hot_.Top(limit, std::chrono::steady_clock::now()));
  std::vector<std::string> skus;
  for (const auto& [sku, rate] : *hottest) skus.push_back(sku);
  if (skus.empty()) return Finish(ToJson(*hottest, {}, {}));
  reader_.Levels(skus, [this, hottest, skus](Result<std::vector<Level>> levels) {
    if (!levels.ok()) return Finish(levels.error());
    if (availability_ == nullptr) return Finish(ToJson(*hottest, *levels, {}));
    availability_->Read(skus, [this, hottest, levels = *levels](Result<std::vector<CountView>> views) {
      Finish(ToJson(*hottest, levels, views.ok() ? *views : std::vector<CountView>{}));
    });
  });
}

void HotPage::Finish(Result<std::string> json) {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    loading_ = false;
    answers.swap(waiting_);
    if (json.ok()) {
      json_ = *json;
      fresh_until_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    }
  }
  for (const Answer& answer : answers) answer(json);
}

}  // namespace souk::inventory
