// souk-demo: loads a catalogue and stock, replays real or made-up orders against the running shop, and reports.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "libs/base/hash.hpp"
#include "libs/base/random.hpp"
#include "libs/chassis/service.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/consumer.hpp"
#include "tools/audit/auditor.hpp"
#include "tools/demo/catalogue.hpp"
#include "tools/demo/csv.hpp"
#include "tools/demo/demo_report.hpp"

namespace souk::demo {
namespace {

struct Options {
  audit::Config audit;
  std::string gateway_url, inventory_grpc, data_dir, processes, progress_file, json_out;
  int orders = 0;
  int rate = 0;
  std::chrono::milliseconds patience{0};
};

const std::vector<std::string> kTopics = {"orders.order.events.v1",         "inventory.reservation.commands.v1", "inventory.reservation.events.v1",
                                          "inventory.stock.events.v1",      "payments.payment.commands.v1",      "payments.payment.events.v1",
                                          "fulfillment.shipment.commands.v1", "fulfillment.shipment.events.v1",  "products.product.events.v1",
                                          "products.collection.events.v1",  "inventory.stock.commands.v1"};

class Progress {
 public:
  void Say(const std::string& text) const {
    fmt::print("[{:6.1f} s] {}\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(), text);
    std::fflush(stdout);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void Declare(config::Schema& schema, Options* options) {
  using std::chrono::milliseconds;
  audit::DeclareSources(schema, &options->audit);
  schema.Text("gateway.url", &options->gateway_url, "http://127.0.0.1:8000", "The shop's front door");
  schema.Text("inventory.grpc", &options->inventory_grpc, "127.0.0.1:4002", "gRPC address of inventory, for receiving stock");
  schema.Text("data", &options->data_dir, "", "Folder with order lines (*.csv, *.csv.gz) in the form of the Online Retail data set; empty = a sample of our own");
  schema.Int("orders", &options->orders, 3000, 1, 1'000'000, "Orders to place at most");
  schema.Int("rate", &options->rate, 100, 1, 100'000, "Orders per second");
  schema.Text("processes", &options->processes, "", "name=host:adminport,...: where redeliveries are counted");
  schema.Text("progress.file", &options->progress_file, "", "Remembers how many orders of which data were placed, so that a second run repeats nothing");
  schema.Text("json.out", &options->json_out, "", "File for the report as JSON, besides the last line");
  schema.Duration("patience", &options->patience, milliseconds(120'000), milliseconds(1'000), milliseconds(3'600'000), "How long to wait for the last order to end");
}

struct Input {
  std::string name;
  std::vector<std::string> texts;
};

Result<Input> ReadInput(const Options& options) {
  if (options.data_dir.empty()) {
    return Input{"a small sample of our own (no --data given)", {MakeSampleCsv(20261121, options.orders + options.orders / 4 + 50)}};
  }
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options.data_dir, error)) {
    const std::string path = entry.path().string();
    if (path.ends_with(".csv") || path.ends_with(".csv.gz")) files.push_back(path);
  }
  if (error) return MakeError(ErrorCode::kNotFound, "--data=" + options.data_dir + ": " + error.message());
  if (files.empty()) return MakeError(ErrorCode::kNotFound, "--data=" + options.data_dir + " holds no *.csv or *.csv.gz");
  std::sort(files.begin(), files.end());
  Input input{options.data_dir, {}};
  for (const std::string& file : files) {
    SOUK_ASSIGN_OR_RETURN(std::string text, ReadMaybeGzip(file));
    input.texts.push_back(std::move(text));
  }
  return input;
}

std::string DataId(const std::vector<std::string>& texts) {
  std::string digests;
  for (const std::string& text : texts) digests += Sha256Hex(text);
  return Sha256Hex(digests).substr(0, 8);
}

// Orders of this data that an earlier run placed.
std::size_t PlacedBefore(const Options& options, const std::string& data_id) {
  std::ifstream file(options.progress_file);
  std::string id;
  std::size_t placed = 0;
  while (file >> id >> placed) {
    if (id == data_id) return placed;
  }
  return 0;
}

void RememberPlaced(const Options& options, const std::string& data_id, std::size_t placed) {
  if (options.progress_file.empty()) return;
  std::ofstream(options.progress_file) << data_id << ' ' << placed << '\n';
}

std::map<std::string, std::int64_t> EndOffsets(kafka::Admin& admin) {
  std::map<std::string, std::int64_t> ends;
  for (const std::string& topic : kTopics) {
    if (const auto offsets = admin.EndOffsets(topic); offsets.ok()) {
      for (const std::int64_t offset : *offsets) ends[topic] += offset;
    }
  }
  return ends;
}

// The sum of souk_inbox_duplicates_total, over all processes.
std::int64_t CountRedeliveries(const std::string& processes) {
  http::Client client;
  double sum = 0;
  for (std::size_t from = 0; from < processes.size();) {
    const std::size_t comma = std::min(processes.find(',', from), processes.size());
    const std::string part = processes.substr(from, comma - from);
    from = comma + 1;
    http::ClientRequest request;
    request.url = "http://" + part.substr(part.find('=') + 1) + "/metrics";
    request.deadline = std::chrono::milliseconds(2000);
    const auto answer = client.SendSync(std::move(request));
    if (!answer.ok()) continue;
    for (std::size_t line = 0; line < answer->body.size();) {
      const std::size_t end = std::min(answer->body.find('\n', line), answer->body.size());
      const std::string text = answer->body.substr(line, end - line);
      if (text.starts_with("souk_inbox_duplicates_total")) sum += std::atof(text.c_str() + text.rfind(' '));
      line = end + 1;
    }
  }
  return static_cast<std::int64_t>(sum);
}

// Until the events that are in the topic now have been read, but no longer than 15 s.
void AwaitCaughtUp(kafka::Admin& admin, const Tracker& tracker) {
  std::int64_t end = 0;
  if (const auto offsets = admin.EndOffsets("orders.order.events.v1"); offsets.ok()) {
    for (const std::int64_t offset : *offsets) end += offset;
  }
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  while (std::chrono::steady_clock::now() < give_up && tracker.Seen() < end) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

Result<RunReport> Run(const Options& options, const Progress& progress) {
  SOUK_ASSIGN_OR_RETURN(const Input input, ReadInput(options));
  progress.Say("reading the orders: " + input.name);
  SOUK_ASSIGN_OR_RETURN(const RetailData data, ReadRetailCsv(input.texts));
  const Plan plan = MakePlan(data, options.orders, DataId(input.texts));
  if (plan.orders.empty()) return MakeError(ErrorCode::kInvalidArgument, "the data holds no order that can be placed; see the rules in docs/demo-data.md");
  progress.Say(fmt::format("{} lines read, {} taken: {} products, {} orders", data.report.lines_read, data.report.lines_taken, plan.products.size(), plan.orders.size()));

  RunReport report{input.name, data.report, plan.returns_matched, plan.returns_unmatched};
  report.placed_before = std::min(PlacedBefore(options, plan.data_id), plan.orders.size());
  const bool all_placed = report.placed_before == plan.orders.size();
  if (!all_placed) {
    progress.Say(fmt::format("importing {} products", plan.products.size()));
    SOUK_RETURN_IF_ERROR(LoadCatalogue(options.gateway_url, plan));
    progress.Say("receiving stock");
    SOUK_RETURN_IF_ERROR(ReceiveStock(options.inventory_grpc, plan));
    SOUK_RETURN_IF_ERROR(AwaitPrices(options.gateway_url, plan));
  }
  SOUK_ASSIGN_OR_RETURN(const auto admin, kafka::Admin::Create(options.audit.kafka_brokers));
  Replay replay(options.gateway_url, plan, options.rate);
  SystemRandom random;
  kafka::ConsumerConfig consumer_config;
  consumer_config.brokers = options.audit.kafka_brokers;
  consumer_config.group = "souk-demo." + NewUuidV7(SystemClock(), random).ToString();
  consumer_config.topics = {"orders.order.events.v1"};
  SOUK_ASSIGN_OR_RETURN(const auto consumer, kafka::Consumer::Start(consumer_config, [&](std::vector<kafka::Record>& records) -> Result<void> {
                          for (const auto& record : records) replay.tracker().Note(record);
                          return {};
                        }));
  if (report.placed_before > 0) {
    replay.tracker().ExpectAll();
    AwaitCaughtUp(*admin, replay.tracker());
  }
  if (all_placed) {
    progress.Say("every order of this data was placed by an earlier run; --orders N places more");
  } else {
    progress.Say(fmt::format("placing {} orders at {} per second", plan.orders.size() - report.placed_before, options.rate));
    replay.Run(report.placed_before, [&](std::size_t placed, std::size_t total) { progress.Say(fmt::format("placed {} of {}", placed, total)); });
    RememberPlaced(options, plan.data_id, plan.orders.size());
    progress.Say("all are answered; waiting for every order to end");
    const auto deadline = std::chrono::steady_clock::now() + options.patience;
    replay.tracker().AwaitTerminal(deadline, [&](std::int64_t open) { progress.Say(fmt::format("{} orders are still on their way", open)); });
    // Deliveries set returns off, and late cancellations are still to come: wait for those too.
    while (std::chrono::steady_clock::now() < deadline && replay.PendingActions() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    if (!replay.tracker().AwaitTerminal(deadline, [&](std::int64_t open) { progress.Say(fmt::format("{} returns are still on their way", open)); })) {
      progress.Say("not every order has ended in time; the audit names them");
    }
  }
  report.answers = replay.answers();
  report.totals = replay.tracker().Summary();
  consumer->Stop();
  report.events_per_topic = EndOffsets(*admin);
  report.redeliveries = CountRedeliveries(options.processes);
  progress.Say("auditing");
  report.audit = audit::Auditor(options.audit).Run();
  return report;
}

}  // namespace
}  // namespace souk::demo

int main(int argc, char** argv) {
  using namespace souk;
  demo::Options options;
  config::Schema schema("souk-demo");
  demo::Declare(schema, &options);
  config::LoadOrExit(schema, argc, argv);
  const demo::Progress progress;
  const auto report = demo::Run(options, progress);
  if (!report.ok()) {
    fmt::print(stderr, "souk-demo: {}\n", report.error().message);
    return 1;
  }
  fmt::print("{}", demo::ToText(*report));
  const std::string json = demo::ToJson(*report);
  if (!options.json_out.empty()) std::ofstream(options.json_out) << json << '\n';
  fmt::print("{}\n", json);
  return report->audit.clean() ? 0 : 3;
}
