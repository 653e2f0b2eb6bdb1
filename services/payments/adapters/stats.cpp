#include <map>
#include <mutex>

#include "libs/http/problem.hpp"
#include "services/payments/adapters/api.hpp"

namespace souk::payments {
namespace {

constexpr std::chrono::milliseconds kFreshAtLeast{500};
constexpr int kShareOfTime = 20;  // the sums are a scan: at most one twentieth of the time goes to it

std::string ToJson(const std::vector<StatusCount>& counts) {
  std::int64_t authorized = 0, captured = 0, refunded = 0, unknown = 0;
  std::map<std::string, std::int64_t> by_status;
  for (const StatusCount& count : counts) {
    captured += count.captured;
    refunded += count.refunded;
    if (count.status == "AUTHORIZED" || count.status == "CAPTURING") authorized += count.amount;
    if (count.unknown) unknown += count.payments;
    by_status[count.status] += count.payments;
  }
  std::string out = "{\"authorized_minor\":" + std::to_string(authorized) + ",\"captured_minor\":" + std::to_string(captured) +
                    ",\"refunded_minor\":" + std::to_string(refunded) + ",\"unknown\":" + std::to_string(unknown) + ",\"by_status\":{";
  bool first = true;
  for (const auto& [status, number] : by_status) {
    out += (first ? "\"" : ",\"") + status + "\":" + std::to_string(number);
    first = false;
  }
  return out + "}}";
}

/// The last answer, kept for as long as it took to make it is worth.
struct Cache {
  std::mutex mutex;
  std::string body;
  SteadyTime fresh_until;
};

http::Response Answer(Cache& cache, PaymentReader& reader, const Context& context) {
  const std::lock_guard lock(cache.mutex);
  const SteadyTime begin = std::chrono::steady_clock::now();
  if (begin >= cache.fresh_until) {
    const auto counts = reader.Stats();
    if (!counts.ok()) return http::ProblemResponse(counts.error(), context);
    const SteadyTime end = std::chrono::steady_clock::now();
    cache.body = ToJson(*counts);
    cache.fresh_until = end + std::max<SteadyTime::duration>(kFreshAtLeast, (end - begin) * kShareOfTime);
  }
  return {200, {}, cache.body};
}

}  // namespace

void MountStats(http::Router& router, ApiParts parts) {
  auto cache = std::make_shared<Cache>();
  router.Add("GET", "/v1/payments:stats", [parts, cache](http::Request request, http::Responder responder) {
    auto held = http::Share(std::move(responder));
    const auto posted = parts.post([&reader = parts.reader, cache, held, context = request.context] { held->Send(Answer(*cache, reader, context)); });
    if (!posted.ok()) held->Send(http::ProblemResponse(posted.error(), request.context));
  });
}

}  // namespace souk::payments
