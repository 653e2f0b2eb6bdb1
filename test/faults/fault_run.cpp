#include "test/faults/fault_run.hpp"

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "libs/base/random.hpp"
#include "libs/kafka/consumer.hpp"
#include "libs/testing/eventually.hpp"
#include "test/faults/nemesis.hpp"
#include "test/faults/proxies.hpp"
#include "test/faults/workload.hpp"
#include "tools/demo/replay.hpp"

namespace souk::faults {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kQuietMax{60};
constexpr seconds kReadyMax{60};
constexpr milliseconds kReadPause{15};
constexpr int kFinalReadAttemptsMax = 20;

std::int64_t Micros(steady_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

/// An answer of 5xx or 429 may have had its effect: only a 4xx says that nothing happened.
Knowledge KnowledgeOf(const Result<http::Response>& answer) {
  if (!answer.ok()) return Knowledge::kUnknown;
  if (answer->status < 300) return Knowledge::kOk;
  return answer->status >= 400 && answer->status < 500 ? Knowledge::kFailed : Knowledge::kUnknown;
}

/// Asks for orders that were acknowledged, again and again, and at the end for all of them.
class Reader {
 public:
  Reader(std::string gateway, History& history, std::uint64_t seed) : gateway_(std::move(gateway)), history_(history), random_(seed) {}

  void Know(const std::string& order_id) {
    const std::lock_guard lock(mutex_);
    orders_.push_back(order_id);
  }

  void Run() {
    while (!stopping_) {
      std::this_thread::sleep_for(kReadPause);
      std::string id;
      {
        const std::lock_guard lock(mutex_);
        if (orders_.empty()) continue;
        // Mostly young ones, which change.
        const std::size_t back = std::min(orders_.size(), random_.Below(4) == 0 ? orders_.size() : std::size_t{40});
        id = orders_[orders_.size() - 1 - random_.Below(back)];
      }
      client_.Send(Question(id),
                   [this, id, begin = steady_clock::now()](Result<http::Response> answer) { Note(Call::Kind::kRead, id, begin, answer); });
    }
  }
  void Stop() { stopping_ = true; }

  void ReadAll() {
    std::vector<std::string> orders;
    {
      const std::lock_guard lock(mutex_);
      orders = orders_;
    }
    for (const std::string& id : orders) {
      for (int attempt = 0; attempt < kFinalReadAttemptsMax; ++attempt) {
        const auto begin = steady_clock::now();
        const auto answer = client_.SendSync(Question(id));
        Note(Call::Kind::kFinalRead, id, begin, answer);
        if (KnowledgeOf(answer) != Knowledge::kUnknown) break;
        std::this_thread::sleep_for(kReadPause);
      }
    }
  }

 private:
  http::ClientRequest Question(const std::string& id) const {
    http::ClientRequest request;
    request.url = gateway_ + "/v1/orders/" + id;
    request.deadline = seconds(10);
    return request;
  }

  void Note(Call::Kind kind, const std::string& id, steady_clock::time_point begin, const Result<http::Response>& answer) {
    Call call;
    call.kind = kind;
    call.begin_us = Micros(begin);
    call.end_us = Micros(steady_clock::now());
    call.knowledge = KnowledgeOf(answer);
    call.status = answer.ok() ? answer->status : 0;
    call.order_id = id;
    const json body = answer.ok() ? json::parse(answer->body, nullptr, false) : json();
    if (body.is_object() && body.contains("order")) {
      call.version = std::atoll(body["order"].value("version", "0").c_str());
      call.state = body["order"].value("status", "");
    }
    history_.Add(std::move(call));
  }

  const std::string gateway_;
  History& history_;
  SeededRandom random_;
  std::mutex mutex_;
  std::vector<std::string> orders_;
  std::atomic<bool> stopping_{false};
  http::Client client_;
};

class Run {
 public:
  Run(e2e::Fleet& fleet, const FaultRunOptions& options, const std::function<void(const std::string&)>& say)
      : fleet_(fleet), options_(options), say_(say), reader_(fleet.GatewayUrl(), history_, options.seed) {
    result_.schedule = MakeSchedule(options.seed, options.length, options.proxies);
  }

  FaultRunResult Go() {
    say_(ToText(result_.schedule));
    if (options_.proxies) proxies_ = std::make_unique<Proxies>(fleet_);
    Configure();
    const demo::Plan plan = MakePlan();
    e2e::PrepareShop(fleet_, plan);
    Play(plan);
    reader_.ReadAll();
    Judge();
    if (proxies_) {
      proxies_->Release(fleet_);
      fleet_.Override("all", "");
    }
    return std::move(result_);
  }

 private:
  void Configure() {
    std::string lines = "SOUK_FAILPOINTS=on\n";
    if (result_.schedule.duplicates) lines += "SOUK_CHAOS_DUPLICATE=true\n";
    if (result_.schedule.shuffles) lines += "SOUK_CHAOS_SHUFFLE=true\n";
    fleet_.Override("all", lines);
  }

  demo::Plan MakePlan() {
    SystemRandom random;
    const int orders = std::max(8, static_cast<int>(options_.length.count() * options_.rate / 1000));
    const auto data = demo::ReadRetailCsv({demo::MakeSampleCsv(options_.seed, orders + orders / 3 + 20)});
    demo::Plan plan = demo::MakePlan(*data, orders, NewUuidV7(SystemClock(), random).ToString());
    OneOfEveryKind(plan);
    return plan;
  }

  void Observe(const demo::CallMade& made) {
    Call call;
    call.kind = made.path.ends_with(":cancel")   ? Call::Kind::kCancel
                : made.path.ends_with(":return") ? Call::Kind::kReturn
                                                 : Call::Kind::kPlace;
    call.begin_us = Micros(made.begin);
    call.end_us = Micros(made.end);
    call.knowledge = KnowledgeOf(made.answer);
    call.status = made.answer.ok() ? made.answer->status : 0;
    call.key = made.key;
    if (call.kind != Call::Kind::kPlace) {
      const std::size_t slash = made.path.rfind('/');
      call.order_id = made.path.substr(slash + 1, made.path.rfind(':') - slash - 1);
    } else if (call.knowledge == Knowledge::kOk) {
      const json body = json::parse(made.answer->body, nullptr, false);
      call.order_id = body.is_object() ? body.value("orderId", "") : "";
      reader_.Know(call.order_id);
    }
    history_.Add(std::move(call));
  }

  void Play(const demo::Plan& plan) {
    demo::Replay replay(fleet_.GatewayUrl(), plan, options_.rate);
    replay.OnCall([this](const demo::CallMade& made) { Observe(made); });
    kafka::ConsumerConfig config;
    config.brokers = fleet_.AuditConfig().kafka_brokers;
    config.group = "faults." + plan.data_id;
    config.topics = {"orders.order.events.v1"};
    auto consumer = kafka::Consumer::Start(config, [&](std::vector<kafka::Record>& records) -> Result<void> {
      for (const auto& record : records) replay.tracker().Note(record);
      return {};
    });
    std::thread reading([this] { reader_.Run(); });
    std::thread placing([&] { replay.Run(0, [](std::size_t, std::size_t) {}); });
    {
      Nemesis nemesis(
          fleet_.state(), fleet_.AdminPorts(), [this] { fleet_.Souk("engine redis flush"); }, proxies_.get());
      nemesis.Play(result_.schedule, say_);
    }
    placing.join();
    Quiet(replay);
    reader_.Stop();
    reading.join();
    if (consumer.ok()) (*consumer)->Stop();
  }

  void Quiet(demo::Replay& replay) {
    Points points(fleet_.AdminPorts());
    for (const auto& [process, port] : points.ports()) {
      if (!testing::Eventually([&, name = process] { return points.Ready(name); }, kReadyMax, milliseconds(50)))
        result_.problems.push_back(process + " is not ready 60 s after the last fault");
    }
    const auto begin = steady_clock::now();
    const auto deadline = begin + kQuietMax;
    replay.tracker().AwaitTerminal(deadline, [](std::int64_t) {});
    while (replay.PendingActions() > 0 && steady_clock::now() < deadline) std::this_thread::sleep_for(milliseconds(2));
    replay.tracker().AwaitTerminal(deadline, [](std::int64_t) {});
    // The word of the shop itself counts, not what reached this consumer: the final reads look at every order.
    result_.quiet_seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
    result_.accepted = replay.answers().accepted;
    for (const auto& [reason, count] : replay.answers().refused)
      result_.problems.push_back(std::to_string(count) + " orders were refused for good: " + reason);
  }

  void Judge() {
    const std::vector<Call> calls = history_.Calls();
    for (const Call& call : calls) {
      ++result_.calls;
      ++(call.knowledge == Knowledge::kOk ? result_.ok : call.knowledge == Knowledge::kFailed ? result_.failed : result_.unknown);
    }
    for (std::string& offence : CheckAll(calls)) result_.problems.push_back(std::move(offence));
    if (!options_.history_file.empty()) {
      std::ofstream file(options_.history_file);
      for (const Call& call : calls) file << ToJson(call) << "\n";
    }
    audit::Config patient = fleet_.AuditConfig();
    patient.rechecks = 30;
    const audit::Report report = audit::Auditor(patient).Run();
    result_.audit = report.verdict();
    if (!report.clean()) result_.problems.push_back(audit::ToText(report));
  }

  e2e::Fleet& fleet_;
  const FaultRunOptions options_;
  const std::function<void(const std::string&)> say_;
  History history_;
  Reader reader_;
  std::unique_ptr<Proxies> proxies_;
  FaultRunResult result_;
};

}  // namespace

FaultRunResult RunFaults(e2e::Fleet& fleet, const FaultRunOptions& options, const std::function<void(const std::string&)>& say) {
  return Run(fleet, options, say).Go();
}

std::string ToJson(const FaultRunResult& result) {
  return json{{"seed", result.schedule.seed},
              {"verdict", result.clean() ? "clean" : "violated"},
              {"faults", result.schedule.faults.size()},
              {"calls", result.calls},
              {"ok", result.ok},
              {"failed", result.failed},
              {"unknown", result.unknown},
              {"accepted", result.accepted},
              {"quietSeconds", result.quiet_seconds},
              {"audit", result.audit},
              {"problems", result.problems.size()}}
      .dump();
}

}  // namespace souk::faults
