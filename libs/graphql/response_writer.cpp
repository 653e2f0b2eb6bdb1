#include <cmath>

#include "libs/graphql/execution.hpp"
#include "libs/graphql/json.hpp"

// Completion of values (specification, 6.4.3): depth first, in the order of the response. Functions that give false have told an error and
// leave the place to its parent, which becomes null or gives false itself (6.4.4).
namespace souk::graphql {

using internal::Cell;

namespace {

std::string NameOf(const Field& field) { return std::string(field.parent->name) + "." + std::string(field.name); }

constexpr double kIntMax = 2147483647.0;
constexpr double kIntMin = -2147483648.0;

std::string Shown(const Cell& cell) {
  std::string out;
  switch (cell.kind) {
    case Cell::Kind::kBoolean: return cell.integer != 0 ? "true" : "false";
    case Cell::Kind::kInt: AppendJsonNumber(cell.integer, &out); return out;
    case Cell::Kind::kFloat:
      if (std::isnan(cell.number)) return "NaN";
      if (std::isinf(cell.number)) return cell.number > 0 ? "Infinity" : "-Infinity";
      AppendJsonNumber(cell.number, &out);
      return out;
    case Cell::Kind::kText: AppendJsonString({cell.text, cell.count}, &out); return out;
    case Cell::Kind::kList: return "[Array]";
    default: return "[Object]";
  }
}

/// Numbers and booleans as a number; nothing for the rest.
std::optional<double> AsNumber(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::kBoolean:
    case Cell::Kind::kInt: return static_cast<double>(cell.integer);
    case Cell::Kind::kFloat: return std::isfinite(cell.number) ? std::optional(cell.number) : std::nullopt;
    default: return std::nullopt;
  }
}

}  // namespace

void Execution::AddError(GraphQLError error, const PlannedField& field) {
  if (error.locations.empty()) {
    for (const ast::Selection* node : field.nodes) error.locations.push_back(LocationAt(input_.document->source, node->offset));
  }
  for (const Step& step : path_) {
    if (step.name.empty()) {
      error.path.emplace_back(step.index);
    } else {
      error.path.emplace_back(std::string(step.name));
    }
  }
  errors_.push_back(std::move(error));
}

bool Execution::Fail(std::string message, const PlannedField& field) {
  AddError({std::move(message), {}, {}, {}, {}}, field);
  return false;
}

bool Execution::WriteField(const Group& group, std::uint32_t object, std::size_t i) {
  const PlannedField& field = group.plan->fields[i];
  out_ += field.key;
  if (field.is_typename) {
    out_ += group.plan->typename_json;
    out_ += ',';
    return true;
  }
  const Column& column = group.columns[i];
  const std::size_t start = out_.size();
  path_.push_back({field.response_name, 0});
  bool ok = false;
  if (column.error) {
    AddError(*column.error, field);
  } else {
    ok = WriteValue(*field.field->type, column.batch.cells_[object], column, field);
  }
  path_.pop_back();
  if (!ok) {
    if (field.field->type->IsNonNull()) return false;
    out_.resize(start);
    out_ += "null";
  }
  out_ += ',';
  return true;
}

bool Execution::WriteValue(const Type& type, const Cell& cell, const Column& column, const PlannedField& field) {
  if (cell.kind == Cell::Kind::kError) {
    const internal::ErrorText& error = *cell.error;
    const std::string extensions = error.code.empty() ? "" : R"({"code":")" + std::string(error.code) + "\"}";
    AddError({std::string(error.message), {}, {}, extensions, {}}, field);
    return false;
  }
  if (cell.kind == Cell::Kind::kNull || cell.kind == Cell::Kind::kUnset) {
    if (type.IsNonNull()) {
      return Fail("Cannot return null for non-nullable field " + NameOf(*field.field) + ".", field);
    }
    out_ += "null";
    return true;
  }
  const Type& nullable = type.Nullable();
  if (nullable.IsList()) return WriteList(nullable, cell, column, field);
  if (nullable.named->IsLeaf()) return WriteLeaf(*nullable.named, cell, field);
  return WriteObject(cell, column, field);
}

bool Execution::WriteList(const Type& type, const Cell& cell, const Column& column, const PlannedField& field) {
  if (cell.kind != Cell::Kind::kList) {
    return Fail("Expected Iterable, but did not find one for field \"" + NameOf(*field.field) + "\".", field);
  }
  out_ += '[';
  for (std::uint32_t i = 0; i < cell.count; ++i) {
    if (i > 0) out_ += ',';
    const std::size_t start = out_.size();
    path_.push_back({{}, i});
    const bool ok = WriteValue(*type.inner, cell.items[i], column, field);
    path_.pop_back();
    if (ok) continue;
    if (type.inner->IsNonNull()) return false;
    out_.resize(start);
    out_ += "null";
  }
  out_ += ']';
  return true;
}

bool Execution::WriteObject(const Cell& cell, const Column& column, const PlannedField& field) {
  const NamedType& named = *field.field->type->named;
  if (cell.kind != Cell::Kind::kObject) {
    return Fail("Expected value of type \"" + std::string(named.name) + "\" but got: " + Shown(cell) + ".", field);
  }
  Placed at{column.group, cell.count};
  if (named.IsAbstract()) {
    at = column.placed[cell.count];
    if (at.group == nullptr) {
      return Fail("Abstract type \"" + std::string(named.name) + "\" must resolve to one of its possible types for field \"" +
                      NameOf(*field.field) + "\".", field);
    }
  }
  const Group& group = *at.group;
  if (group.plan->error) {
    AddError(*group.plan->error, field);
    return false;
  }
  out_ += '{';
  for (std::size_t i = 0; i < group.columns.size(); ++i) {
    if (group.plan->fields[i].field != nullptr && !WriteField(group, at.index, i)) return false;
  }
  if (out_.back() == ',') out_.pop_back();
  out_ += '}';
  return true;
}

bool Execution::WriteLeaf(const NamedType& type, const Cell& cell, const PlannedField& field) {
  if (cell.kind == Cell::Kind::kRaw) {
    out_.append(cell.text, cell.count);
    return true;
  }
  if (type.kind == TypeKind::kScalar) return WriteScalar(type, cell, field);
  if (cell.kind == Cell::Kind::kText && type.HasValue({cell.text, cell.count})) {
    out_ += '"';
    out_.append(cell.text, cell.count);
    out_ += '"';
    return true;
  }
  return Fail("Enum \"" + std::string(type.name) + "\" cannot represent value: " + Shown(cell), field);
}

bool Execution::WriteScalar(const NamedType& type, const Cell& cell, const PlannedField& field) {
  const std::optional<double> number = AsNumber(cell);
  const auto quoted = [this](const std::string& text) {
    out_ += '"';
    out_ += text;
    out_ += '"';
    return true;
  };
  switch (type.built_in) {
    case BuiltIn::kInt:
      if (!number || std::trunc(*number) != *number) return Fail("Int cannot represent non-integer value: " + Shown(cell), field);
      if (*number > kIntMax || *number < kIntMin) {
        return Fail("Int cannot represent non 32-bit signed integer value: " + Shown(cell), field);
      }
      AppendJsonNumber(static_cast<std::int64_t>(*number), &out_);
      return true;
    case BuiltIn::kFloat:
      if (!number) return Fail("Float cannot represent non numeric value: " + Shown(cell), field);
      AppendJsonNumber(*number, &out_);
      return true;
    case BuiltIn::kString:
      if (cell.kind != Cell::Kind::kText) return number ? quoted(Shown(cell)) : Fail("String cannot represent value: " + Shown(cell), field);
      break;
    case BuiltIn::kBoolean:
      if (!number) return Fail("Boolean cannot represent a non boolean value: " + Shown(cell), field);
      out_ += *number != 0 ? "true" : "false";
      return true;
    case BuiltIn::kId:
      if (cell.kind == Cell::Kind::kText) break;
      if (cell.kind == Cell::Kind::kBoolean || !number || std::trunc(*number) != *number) {
        return Fail("ID cannot represent value: " + Shown(cell), field);
      }
      return quoted(Shown(cell));
    case BuiltIn::kNone:
      if (cell.kind == Cell::Kind::kObject || cell.kind == Cell::Kind::kList) {
        return Fail("A custom scalar is set through Json or RawJson.", field);
      }
      break;
  }
  if (cell.kind == Cell::Kind::kText) {
    AppendJsonString({cell.text, cell.count}, &out_);
  } else {
    out_ += Shown(cell);
  }
  return true;
}

}  // namespace souk::graphql
