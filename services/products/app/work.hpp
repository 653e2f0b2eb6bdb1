#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "services/products/domain/product.hpp"

namespace souk::products {

/// A use of an Idempotency-Key.
struct KeyUse {
  Uuid key_id;               ///< derived from the call, what it is about, and the key
  std::string request_hash;  ///< tells another body under the same key apart
};

struct CreateProductWork {
  Uuid id;
  Content content;
};
struct EditProductWork {
  Uuid id;
  Expected expected;
  Edit edit;
};
struct DeleteProductWork {
  Uuid id;
  Expected expected;
};
struct RestoreProductWork {
  Uuid id;
  Expected expected;
};

enum class StockRequestKind { kReceive, kAdjust, kRecount };
/// What a seller wants inventory to book. `units`: received, difference or counted.
struct StockWork {
  Uuid product_id;
  StockRequestKind kind = StockRequestKind::kReceive;
  std::int64_t units = 0;
  std::string reason;
  std::string movement_id;
};

struct CreateCollectionWork {
  Uuid id;
  CollectionContent content;
};
struct ReplaceCollectionWork {
  Uuid id;
  Expected expected;
  CollectionContent content;
};
struct DeleteCollectionWork {
  Uuid id;
  Expected expected;
};

/// One line of an import that could be read, or why it could not.
struct ImportLine {
  std::int64_t number = 0;  ///< in the file, from 1
  Uuid new_id;              ///< for the product, should it be new
  Result<Content> content;
};
/// Consecutive lines of one import. Applied only when the import stands at `after_line`.
struct ImportWork {
  Uuid import_id;
  std::string name;          ///< the import key, as its seller wrote it
  std::int64_t after_line = 0;
  std::int64_t last_line = 0;  ///< read by this part, empty lines included
  std::vector<ImportLine> lines;
};

enum class LineOutcome { kCreated, kUpdated, kUnchanged, kRefused };
struct LineReport {
  std::int64_t number = 0;
  LineOutcome outcome = LineOutcome::kRefused;
  std::string sku;
  std::optional<Uuid> product_id;
  std::optional<Error> error;
};

/// Where an import stands.
struct ImportState {
  Uuid id;
  std::string name;
  std::int64_t last_line = 0;
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t refused = 0;

  bool operator==(const ImportState&) const = default;
};

using Job = std::variant<CreateProductWork, EditProductWork, DeleteProductWork, RestoreProductWork, StockWork, CreateCollectionWork, ReplaceCollectionWork,
                         DeleteCollectionWork, ImportWork>;

/// What a change left, to be answered with. One of the first three, or the lines of an import.
struct Outcome {
  std::optional<Error> error;  ///< a refusal: nothing changed
  std::optional<Product> product;
  std::optional<Collection> collection;
  std::string movement_id;
  std::vector<LineReport> lines;
  ImportState import;
  bool replayed = false;  ///< the same call was answered before, with this
};

/// Everything that changes state is one of these.
struct Work {
  Job job;
  std::optional<KeyUse> key;
  std::string causation_id;
  std::string traceparent;
  Outcome outcome;
  /// Called once, on the writer's thread, after the commit or with the failure. Must not block.
  std::function<void(Work&, const Result<void>&)> done;
};

}  // namespace souk::products
