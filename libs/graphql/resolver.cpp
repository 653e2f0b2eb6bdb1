#include "libs/graphql/resolver.hpp"

#include <algorithm>

#include "libs/graphql/execution.hpp"
#include "libs/graphql/json.hpp"
#include "libs/graphql/plan.hpp"

namespace souk::graphql {

using internal::Cell;

void Slot::String(std::string_view text) { Text(Cell::Kind::kText, batch_->arena().Copy(text)); }

void Slot::Json(const Value& value) {
  std::string json;
  AppendJson(value, &json);
  Text(Cell::Kind::kRaw, batch_->arena().Copy(json));
}

void Slot::Set(const Object& object) {
  cell_->kind = Cell::Kind::kObject;
  cell_->count = static_cast<std::uint32_t>(batch_->objects_.size());
  batch_->objects_.push_back(object);
}

void Slot::List(std::size_t count) {
  cell_->kind = Cell::Kind::kList;
  cell_->count = static_cast<std::uint32_t>(count);
  cell_->items = batch_->arena().NewArray<Cell>(count);
}

void Slot::Error(std::string_view message, std::string_view code) {
  Arena& arena = batch_->arena();
  cell_->kind = Cell::Kind::kError;
  cell_->error = arena.New<internal::ErrorText>(arena.Copy(message), arena.Copy(code));
}

void Batch::FailAll(std::string_view message, std::string_view code) {
  for (std::size_t i = 0; i < size(); ++i) (*this)[i].Error(message, code);
}

const Field& Batch::field() const { return *planned_->field; }

Arena& Batch::arena() { return *arena_; }

const Value& Batch::Argument(std::string_view name) const {
  static const Value null;
  for (const Member& member : arguments_) {
    if (member.name == name) return member.value;
  }
  return null;
}

bool Batch::Selects(std::string_view name) const { return execution_->Selects(*planned_, name); }

std::shared_ptr<Deferred> Batch::Defer() {
  deferred_ = true;
  own_arena_ = std::make_unique<Arena>();
  arena_ = own_arena_.get();
  execution_->OnDefer();
  return std::make_shared<Deferred>(execution_->shared_from_this(), this);
}

Deferred::~Deferred() {
  if (done_) return;
  for (std::size_t i = 0; i < batch_->size(); ++i) {
    if (batch_->cells_[i].kind == Cell::Kind::kUnset) (*batch_)[i].Error("The answer was given up.");
  }
  Done();
}

void Deferred::Done() {
  if (done_) return;
  done_ = true;
  // Whoever keeps this no longer keeps the execution, and with it what the request's context holds.
  const std::shared_ptr<Execution> execution = std::move(execution_);
  execution->OnDone(batch_);
}

Resolvers& Resolvers::Field(std::string_view type, std::string_view field, Resolver resolver) {
  resolvers_[{std::string(type), std::string(field)}] = std::move(resolver);
  return *this;
}

Resolvers& Resolvers::Type(std::string_view type, Resolver resolver) { return Field(type, "", std::move(resolver)); }

const Resolver* Resolvers::Find(std::string_view type, std::string_view field) const {
  auto found = resolvers_.find({std::string(type), std::string(field)});
  if (found == resolvers_.end()) found = resolvers_.find({std::string(type), ""});
  return found == resolvers_.end() ? nullptr : &found->second;
}

std::vector<std::string> Resolvers::Unknown(const Schema& schema) const {
  std::vector<std::string> unknown;
  for (const auto& [name, resolver] : resolvers_) {
    const NamedType* type = schema.FindType(name.first);
    const bool known = type != nullptr && (name.second.empty() || type->FindField(name.second) != nullptr);
    if (!known) unknown.push_back(name.first + (name.second.empty() ? "" : "." + name.second));
  }
  return unknown;
}

}  // namespace souk::graphql
