#include "test/bench/sql_ceiling.hpp"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "libs/base/random.hpp"

namespace souk::bench {
namespace {

constexpr const char* kDatabase = "souk_bench";
constexpr const char* kSchema = R"(
CREATE TABLE orders (order_id UUID PRIMARY KEY, customer_id TEXT NOT NULL, status SMALLINT NOT NULL, total_minor BIGINT NOT NULL,
                     currency TEXT NOT NULL, placed_at TIMESTAMPTZ NOT NULL);
CREATE TABLE order_items (order_id UUID NOT NULL, line SMALLINT NOT NULL, sku TEXT NOT NULL, quantity BIGINT NOT NULL, price_minor BIGINT NOT NULL,
                          PRIMARY KEY (order_id, line));
CREATE TABLE outbox (id UUID PRIMARY KEY, aggregate_id UUID NOT NULL, type TEXT NOT NULL, payload BYTEA NOT NULL, created_at TIMESTAMPTZ NOT NULL);
)";
constexpr const char* kInsertOrder = "INSERT INTO orders VALUES ($1, $2, 1, 1998, 'GBP', now())";
constexpr const char* kInsertLines = "INSERT INTO order_items VALUES ($1, 1, $2, 1, 999), ($1, 2, $3, 1, 999)";
constexpr const char* kInsertOutbox = "INSERT INTO outbox VALUES ($1, $2, 'souk.orders.v1.OrderPlaced', $3, now())";
const std::string kPayload = "\\x" + std::string(400, '7');  // 200 bytes

std::string UrlOf(const std::string& admin_url, const std::string& database) {
  const std::size_t path = admin_url.find('/', admin_url.find("://") + 3);
  return admin_url.substr(0, path) + "/" + database;
}

Error SqlError(const std::exception& failure) { return MakeError(ErrorCode::kUnavailable, std::string("SQL: ") + failure.what()); }

void Admin(const std::string& url, const std::string& statement) {
  pqxx::connection connection(url);
  pqxx::nontransaction(connection).exec(statement);
}

void PlaceOne(pqxx::connection& client, const std::string& order_id, const std::string& event_id, std::int64_t n) {
  pqxx::work transaction(client);
  transaction.exec_prepared("order", order_id, fmt::format("bench-{}", n % 10'000));
  transaction.exec_prepared("lines", order_id, fmt::format("BENCH-{:04}", n % 1000), fmt::format("BENCH-{:04}", (n + 7) % 1000));
  transaction.exec_prepared("outbox", event_id, order_id, kPayload);
  transaction.commit();
}

}  // namespace

Result<std::unique_ptr<SqlCeiling>> SqlCeiling::Create(const std::string& admin_url, int clients) {
  std::unique_ptr<SqlCeiling> ceiling(new SqlCeiling(admin_url));
  SOUK_RETURN_IF_ERROR(ceiling->Connect(clients));
  return ceiling;
}

Result<void> SqlCeiling::Connect(int clients) {
  const std::string url = UrlOf(admin_url_, kDatabase);
  try {
    Admin(admin_url_, fmt::format("DROP DATABASE IF EXISTS {}", kDatabase));
    Admin(admin_url_, fmt::format("CREATE DATABASE {}", kDatabase));
    Admin(url, kSchema);
    for (int i = 0; i < clients; ++i) {
      auto client = std::make_unique<pqxx::connection>(url);
      pqxx::nontransaction(*client).exec("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED");
      client->prepare("order", kInsertOrder);
      client->prepare("lines", kInsertLines);
      client->prepare("outbox", kInsertOutbox);
      clients_.push_back(std::move(client));
    }
  } catch (const std::exception& failure) {
    return SqlError(failure);
  }
  return {};
}

SqlCeiling::~SqlCeiling() {
  clients_.clear();
  try {
    Admin(admin_url_, fmt::format("DROP DATABASE IF EXISTS {}", kDatabase));
  } catch (const std::exception& failure) {
    fmt::print(stderr, "souk-bench: the database {} stays behind: {}\n", kDatabase, failure.what());
  }
}

Result<SqlCeiling::Run> SqlCeiling::Measure(std::chrono::milliseconds warm_up, std::chrono::milliseconds window) {
  const auto begin = std::chrono::steady_clock::now() + warm_up;
  const auto end = begin + window;
  std::atomic<std::int64_t> in_window{0}, all{0};
  std::mutex mutex;
  Result<void> outcome;
  const auto work = [&](pqxx::connection& client) {
    SystemRandom random;
    const SystemClock clock;
    try {
      for (auto now = std::chrono::steady_clock::now(); now < end;) {
        PlaceOne(client, NewUuidV7(clock, random).ToString(), NewUuidV7(clock, random).ToString(), all);
        now = std::chrono::steady_clock::now();
        ++all;
        if (now >= begin && now < end) ++in_window;
      }
    } catch (const std::exception& failure) {
      const std::lock_guard lock(mutex);
      outcome = SqlError(failure);
    }
  };
  std::vector<std::thread> threads;
  for (auto& client : clients_) threads.emplace_back(work, std::ref(*client));
  for (std::thread& thread : threads) thread.join();
  if (!outcome.ok()) return outcome.error();
  return Run{in_window, all, std::chrono::duration<double>(window).count()};
}

}  // namespace souk::bench
