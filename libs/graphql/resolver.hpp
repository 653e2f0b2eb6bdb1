#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/graphql/arena.hpp"
#include "libs/graphql/schema.hpp"
#include "libs/graphql/value.hpp"

namespace souk::graphql {

struct PlannedField;
class Execution;

/// An object of the data, as one resolver hands it to those of its fields. What it points to must live until the response is written:
/// keep it alive through Request::context.
struct Object {
  const void* data = nullptr;
  std::uint64_t number = 0;         ///< for data that is numbered instead of pointed to
  const NamedType* type = nullptr;  ///< its object type; needed only where the field's type is an interface or a union

  template <class T>
  const T& As() const { return *static_cast<const T*>(data); }
};

namespace internal {

/// What the client is told of an error.
struct ErrorText {
  std::string_view message;
  std::string_view code;
};

/// What a resolver said about one parent's field, or about one item of a list. 16 bytes, lies in an arena.
struct Cell {
  enum class Kind : std::uint8_t { kUnset, kNull, kBoolean, kInt, kFloat, kText, kRaw, kObject, kList, kError };
  Kind kind = Kind::kUnset;
  std::uint32_t count = 0;  // bytes of a text, items of a list, index of an object
  union {
    std::int64_t integer = 0;
    double number;
    const char* text;
    Cell* items;
    const ErrorText* error;
  };
};

}  // namespace internal

class Batch;

/// The place for one value. Set it once; a place that was never set is null.
class Slot {
 public:
  Slot(Batch* batch, internal::Cell* cell) : batch_(batch), cell_(cell) {}

  void Null() { cell_->kind = internal::Cell::Kind::kNull; }
  void Boolean(bool value) { Number(internal::Cell::Kind::kBoolean, value ? 1 : 0); }
  void Int(std::int64_t value) { Number(internal::Cell::Kind::kInt, value); }
  void Float(double value) {
    cell_->kind = internal::Cell::Kind::kFloat;
    cell_->number = value;
  }
  /// UTF-8, copied; also for enums and ids.
  void String(std::string_view text);
  /// UTF-8 that outlives the response: not copied.
  void StaticString(std::string_view text) { Text(internal::Cell::Kind::kText, text); }
  /// Ready JSON that outlives the response, of a leaf of this type: not copied and not looked at.
  void RawJson(std::string_view json) { Text(internal::Cell::Kind::kRaw, json); }
  /// Any value for a custom scalar.
  void Json(const Value& value);
  void Set(const Object& object);
  /// A list of `count` items; fill each through Item.
  void List(std::size_t count);
  Slot Item(std::size_t i) { return {batch_, &cell_->items[i]}; }
  /// The field (or item) is null and `errors` says so. The message is sent to the client: nothing secret. `code`, when there is one, is an
  /// UPPER_SNAKE word for programs, sent as extensions.code.
  void Error(std::string_view message, std::string_view code = {});

 private:
  void Number(internal::Cell::Kind kind, std::int64_t value) {
    cell_->kind = kind;
    cell_->integer = value;
  }
  void Text(internal::Cell::Kind kind, std::string_view text) {
    cell_->kind = kind;
    cell_->count = static_cast<std::uint32_t>(text.size());
    cell_->text = text.data();
  }

  Batch* batch_;
  internal::Cell* cell_;
};

/// Keeps a batch open after its resolver returned. Done() may be called from any thread, once all slots are set; the rest of the
/// execution may then run on that thread. Destroyed without Done(), what was not set becomes an error.
class Deferred {
 public:
  Deferred(std::shared_ptr<Execution> execution, Batch* batch) : execution_(std::move(execution)), batch_(batch) {}
  ~Deferred();
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;

  /// Not after Done().
  Batch& batch() { return *batch_; }
  void Done();

 private:
  std::shared_ptr<Execution> execution_;
  Batch* batch_;
  bool done_ = false;
};

/// One field of many parents at once: a list of N products makes one batch for each of their fields.
class Batch {
 public:
  std::size_t size() const { return parents_->size(); }
  const Object& Parent(std::size_t i) const { return (*parents_)[i]; }
  Slot operator[](std::size_t i) { return {this, &cells_[i]}; }

  const Field& field() const;
  /// Every slot becomes that error: the store is away.
  void FailAll(std::string_view message, std::string_view code = {});
  /// The argument's coerced value; a null value when it was not given and has no default.
  const Value& Argument(std::string_view name) const;
  List<Member> arguments() const { return arguments_; }
  /// Is a field of that name selected directly below this one, in some fragment perhaps?
  bool Selects(std::string_view name) const;
  const Schema& schema() const { return *schema_; }
  /// Request::context.
  template <class T>
  T& Context() const { return *static_cast<T*>(context_); }

  /// Lets the resolver return before the slots are set.
  std::shared_ptr<Deferred> Defer();

 private:
  friend class Slot;
  friend class Execution;
  friend class Deferred;

  Arena& arena();

  const PlannedField* planned_ = nullptr;
  const Schema* schema_ = nullptr;
  const std::vector<Object>* parents_ = nullptr;
  internal::Cell* cells_ = nullptr;
  List<Member> arguments_;
  void* context_ = nullptr;
  Execution* execution_ = nullptr;
  void* column_ = nullptr;             // where the execution keeps it
  Arena* arena_ = nullptr;             // the execution's, until Defer
  std::unique_ptr<Arena> own_arena_;   // of a deferred batch, which another thread fills
  std::vector<Object> objects_;        // that its slots were set to, in order
  bool deferred_ = false;
};

/// Sets every slot of the batch, or defers.
using Resolver = std::function<void(Batch& batch)>;

/// Who resolves what. A field's own resolver goes before its type's.
class Resolvers {
 public:
  Resolvers& Field(std::string_view type, std::string_view field, Resolver resolver);
  /// For all fields of a type that have none of their own: Batch::field() says which.
  Resolvers& Type(std::string_view type, Resolver resolver);

  const Resolver* Find(std::string_view type, std::string_view field) const;
  /// "Type.field" of what the schema does not have; registered in vain, probably misspelt.
  std::vector<std::string> Unknown(const Schema& schema) const;

 private:
  std::map<std::pair<std::string, std::string>, Resolver> resolvers_;  // the field is empty for a whole type
};

}  // namespace souk::graphql
