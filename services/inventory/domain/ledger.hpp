#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "libs/base/error.hpp"
#include "services/inventory/domain/reservation.hpp"
#include "services/inventory/domain/stock.hpp"

namespace souk::inventory {

/// Where a command came from and when: everything that the rules may know about the outside.
struct Cause {
  bool is_message = false;  ///< from Kafka: answered by an event, and refusals are remembered
  Uuid message_id;
  SystemTime now;
};

struct Reserve {
  Uuid id;
  std::vector<Line> lines;  ///< by sku, each once
  SystemTime expires_at;
};
struct Release {
  Uuid id;
  std::string reason;
};
struct Commit {
  Uuid id;
};
/// Asked for by the sweep; does nothing when the hold is not due.
struct Expire {
  Uuid id;
};
struct Restock {
  Uuid id;
  std::string restock_id;
  std::vector<Line> lines;
};
struct Receive {
  std::string movement_id;
  std::vector<Line> lines;
};
struct Adjust {
  std::string movement_id;
  std::string sku;
  std::int64_t difference = 0;
  std::string reason;
};
/// What a seller says by message: a signed difference, or what was counted on the shelf. Booked as an adjustment as far as units go that nobody
/// holds: a claim is never cut. Booked once per movement_id.
struct Correct {
  std::string movement_id;
  std::string sku;
  std::int64_t difference = 0;
  std::optional<std::int64_t> counted;  ///< then the difference is this less what is on hand
  std::string reason;
};
/// A change of the catalogue; an older version never overwrites a newer one.
struct Catalogue {
  SkuInfo info;
};
/// Spreads the available units of a SKU over `buckets` ledger rows.
struct Spread {
  std::string sku;
  std::int64_t buckets = 1;
};
using Command = std::variant<Reserve, Release, Commit, Expire, Restock, Receive, Adjust, Correct, Catalogue, Spread>;

struct StockReserved { SystemTime expires_at; };
struct StockRejected { std::vector<ShortLine> short_lines; std::string reason; };
struct StockReleased {};
struct StockCommitted {};
struct StockCommitFailed { std::string reason; };
struct ReservationExpired {};
struct StockRestocked { std::string restock_id; };
struct StockChanged { Level level; };
struct StockLow { std::string seller_id; std::int64_t available = 0; std::int64_t threshold = 0; std::int64_t episode = 0; };
using EventBody = std::variant<StockReserved, StockRejected, StockReleased, StockCommitted, StockCommitFailed,
                               ReservationExpired, StockRestocked, StockChanged, StockLow>;

struct Event {
  Uuid id;            ///< the same when the same transaction runs again
  std::string key;    ///< the reservation's id, or the sku
  std::int64_t version = 0;
  SystemTime at;
  std::size_t command = 0;  ///< index of the command that caused it; the last one for what a batch adds up to
  EventBody body;
};

/// What became of one command.
struct Outcome {
  std::optional<Error> error;        ///< a refusal that changed nothing (but may have been remembered)
  std::optional<Reservation> reservation;
  std::vector<Level> levels;
  bool took_units = false;  ///< a new claim was made now
  bool duplicate = false;   ///< the message had been applied before
  bool answered = false;    ///< an event tells about it
};

/// One ledger row and how it has to move. `version` guards it.
struct StockUpdate {
  std::string sku;
  std::int64_t bucket = 0;
  std::int64_t received = 0;  ///< differences
  std::int64_t reserved = 0;
  std::int64_t sold = 0;
  std::int64_t version = 0;  ///< as it was read
};

struct LevelChange {
  Level after;
  std::int64_t available_delta = 0;
};

/// Everything that a batch of commands changed.
struct Changes {
  std::vector<StockUpdate> stock;
  std::vector<Reservation> new_reservations;
  std::vector<std::pair<Reservation, std::int64_t>> reservations;  ///< with the version that was read
  std::vector<Movement> movements;
  std::vector<SkuInfo> skus;
  std::vector<Event> events;
  std::vector<LevelChange> levels;
};

/// The rules, on values: the part of the ledger that a batch touches, evolving command by command in the order of the
/// queue, so that the earlier one gets the last units. Pure: no clock, no chance, no I/O.
class Ledger {
 public:
  explicit Ledger(std::uint64_t preference = 0) : preference_(preference) {}

  void PutStock(const std::string& sku, const Bucket& bucket);
  void PutSku(SkuInfo info);
  void PutReservation(Reservation reservation);
  void PutMovement(Movement movement);
  /// Units of the reservation that were put back before.
  void PutRestocked(const Uuid& reservation, const std::string& sku, std::int64_t quantity);

  Outcome Apply(const Command& command, const Cause& cause);
  /// Adds what the batch adds up to: StockChanged for each changed SKU, StockLow for each fall.
  void Seal(SystemTime now);
  Changes TakeChanges();

  std::optional<Level> LevelOf(const std::string& sku) const;
  const Reservation* Find(const Uuid& id) const;
  /// All SKUs, by name.
  std::vector<Level> Levels() const;
  /// Holds that ran out before `now`, the oldest first.
  std::vector<Uuid> Overdue(SystemTime now) const;

 private:
  struct SkuState {
    std::vector<Bucket> buckets;
    std::vector<Bucket> stored;
    SkuInfo info;
    bool has_info = false;
    bool info_changed = false;
    bool touched = false;
  };
  struct ReservationState {
    Reservation value;
    std::int64_t stored_version = 0;  ///< 0: not stored yet
    bool touched = false;
  };

  Outcome On(const Reserve& command, const Cause& cause);
  Outcome On(const Release& command, const Cause& cause);
  Outcome On(const Commit& command, const Cause& cause);
  Outcome On(const Expire& command, const Cause& cause);
  Outcome On(const Restock& command, const Cause& cause);
  Outcome On(const Receive& command, const Cause& cause);
  Outcome On(const Adjust& command, const Cause& cause);
  Outcome On(const Correct& command, const Cause& cause);
  Outcome On(const Catalogue& command, const Cause& cause);
  Outcome On(const Spread& command, const Cause& cause);

  Outcome ReserveAgain(ReservationState& state, const Reserve& command, const Cause& cause);
  Outcome Reject(const Reserve& command, const Cause& cause, std::vector<ShortLine> short_lines, std::string reason,
                 Error error);
  void Claim(Reservation& reservation);
  void EndClaim(ReservationState& state, Status status, std::int64_t sold_sign);
  void ExpireNow(ReservationState& state, const Cause& cause);
  Outcome Book(const std::string& id, MovementKind kind, const std::vector<Line>& lines, const std::string& cause,
               const Cause& from);
  std::optional<Error> CheckRestock(const Reservation& reservation, const Restock& command) const;
  void Touch(ReservationState& state);
  void Answer(ReservationState& state, const Cause& cause, EventBody body);
  void SealStock(const std::string& name, SystemTime now);
  void SealAlert(const std::string& name, SkuState& sku, const Level& after, SystemTime now);
  SkuState* FindSku(const std::string& sku);
  static Bucket* FindBucket(SkuState& state, std::int64_t number);

  std::uint64_t preference_;
  std::size_t commands_ = 0;
  std::unordered_map<std::string, SkuState> skus_;
  std::unordered_map<Uuid, ReservationState> reservations_;
  std::map<std::pair<std::string, std::string>, Movement> movements_;
  std::map<std::pair<Uuid, std::string>, std::int64_t> restocked_;
  std::vector<std::string> touched_skus_;
  std::vector<Uuid> touched_reservations_;
  Changes changes_;
};

}  // namespace souk::inventory
