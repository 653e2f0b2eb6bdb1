#include "libs/graphql/execution.hpp"

#include <algorithm>

namespace souk::graphql {

using internal::Cell;

void Execution::Start() {
  const SelectionPlan& plan = input_.plan->Root(input_.variables);
  if (plan.error) {
    errors_.push_back(*plan.error);
    failed_ = true;
    return Finish();
  }
  Group& root = groups_.emplace_back();
  root.plan = &plan;
  root.objects.push_back(input_.root);
  root.columns.resize(plan.fields.size());
  root_ = &root;
  out_ = R"({"data":{)";
  // The fields of a mutation run one after the other (specification, 6.2.2).
  if (input_.operation->type != ast::OperationType::kMutation) open_.push_back(&root);
  std::unique_lock lock(mutex_);
  Drive(std::move(lock));
}

void Execution::OnDefer() {
  const std::lock_guard lock(mutex_);
  ++waiting_;
}

void Execution::OnDone(Batch* batch) {
  std::unique_lock lock(mutex_);
  finished_.push_back(batch);
  Drive(std::move(lock));
}

/// Moves on as far as it goes. Whoever comes while another thread is at it leaves its batch for that one.
void Execution::Drive(std::unique_lock<std::mutex> lock) {
  if (driving_) return;
  driving_ = true;
  while (true) {
    if (!finished_.empty()) {
      Batch* batch = finished_.back();
      finished_.pop_back();
      --waiting_;
      lock.unlock();
      Complete(batch);
      lock.lock();
      continue;
    }
    const bool waits = waiting_ > 0;
    lock.unlock();
    if (!open_.empty()) {
      Group* group = open_.back();
      open_.pop_back();
      StartGroup(group);
    } else if (!waits) {
      if (Idle()) return;
    } else {
      lock.lock();
      if (!finished_.empty()) continue;
      driving_ = false;
      return;
    }
    lock.lock();
  }
}

/// Nothing is under way: writes what is complete. True when that was all.
bool Execution::Idle() {
  const bool serial = input_.operation->type == ast::OperationType::kMutation;
  const std::size_t ready = serial ? next_field_ : root_->plan->fields.size();
  for (; written_ < ready && !failed_; ++written_) {
    if (root_->plan->fields[written_].field == nullptr) continue;
    failed_ = !WriteField(*root_, 0, written_);
  }
  if (failed_ || written_ == root_->plan->fields.size()) {
    Finish();
    return true;
  }
  StartField(root_, next_field_++);
  return false;
}

void Execution::Finish() {
  std::string body;
  if (failed_) {
    out_ = R"({"data":null)";
  } else {
    if (out_.back() == ',') out_.pop_back();
    out_ += '}';
  }
  if (errors_.empty()) {
    body = std::move(out_);
  } else {
    body = "{";
    AppendErrors(errors_, &body);
    body += ',';
    body += std::string_view(out_).substr(1);
  }
  body += '}';
  Done done = std::move(done_);
  done({std::move(body), true});
}

void Execution::StartGroup(Group* group) {
  group->columns.resize(group->plan->fields.size());
  for (std::size_t i = 0; i < group->columns.size(); ++i) StartField(group, i);
}

void Execution::StartField(Group* group, std::size_t i) {
  const PlannedField& planned = group->plan->fields[i];
  if (planned.field == nullptr || planned.is_typename) return;
  Column& column = group->columns[i];
  Batch& batch = column.batch;
  batch.planned_ = &planned;
  batch.schema_ = input_.schema;
  batch.parents_ = &group->objects;
  batch.context_ = input_.context.get();
  batch.execution_ = this;
  batch.arena_ = &arena_;
  batch.column_ = &column;
  if (!planned.field->arguments.empty()) {
    const ast::Selection& node = *planned.nodes[0];
    column.error = CoerceArguments(planned.field->arguments, node.arguments, node.offset, *input_.document, input_.variables, &arena_,
                                   &batch.arguments_);
    if (column.error) return;
  }
  if (input_.expired && input_.expired()) {
    column.error = GraphQLError{"The request ran out of time.", {}, {}, R"({"code":"DEADLINE_EXCEEDED"})", {}};
    return;
  }
  batch.cells_ = arena_.NewArray<Cell>(group->objects.size());
  if (!planned.field->type->named->IsLeaf()) batch.objects_.reserve(group->objects.size());
  (*planned.resolver)(batch);
  if (!batch.deferred_) Complete(&batch);
}

/// Opens the groups of the objects that a batch brought.
void Execution::Complete(Batch* batch) {
  if (batch->objects_.empty()) return;
  const PlannedField& planned = *batch->planned_;
  const NamedType& named = *planned.field->type->named;
  if (named.IsLeaf()) return;
  auto* column = static_cast<Column*>(batch->column_);
  if (named.IsAbstract()) return Split(column);
  Group& group = groups_.emplace_back();
  group.plan = &input_.plan->Below(planned, named, input_.variables);
  group.objects = std::move(batch->objects_);
  column->group = &group;
  if (!group.plan->error) open_.push_back(&group);
}

/// An interface's or a union's objects go to a group for each of their types.
void Execution::Split(Column* column) {
  const PlannedField& planned = *column->batch.planned_;
  const NamedType& named = *planned.field->type->named;
  std::vector<Group*> groups;
  column->placed.reserve(column->batch.objects_.size());
  for (const Object& object : column->batch.objects_) {
    const bool possible = object.type != nullptr && object.type->kind == TypeKind::kObject && named.HasSubtype(*object.type);
    if (!possible) {
      column->placed.push_back({nullptr, 0});
      continue;
    }
    auto found = std::find_if(groups.begin(), groups.end(), [&](const Group* group) { return group->plan->type == object.type; });
    if (found == groups.end()) {
      Group& group = groups_.emplace_back();
      group.plan = &input_.plan->Below(planned, *object.type, input_.variables);
      groups.push_back(&group);
      found = groups.end() - 1;
      if (!group.plan->error) open_.push_back(&group);
    }
    column->placed.push_back({*found, static_cast<std::uint32_t>((*found)->objects.size())});
    (*found)->objects.push_back(object);
  }
}

bool Execution::Selects(const PlannedField& field, std::string_view name) {
  const NamedType& named = *field.field->type->named;
  const auto in = [&](const NamedType& type) {
    const SelectionPlan& plan = input_.plan->Below(field, type, input_.variables);
    return std::any_of(plan.fields.begin(), plan.fields.end(), [&](const PlannedField& f) { return f.field != nullptr && f.field->name == name; });
  };
  if (named.IsLeaf()) return false;
  if (!named.IsAbstract()) return in(named);
  return std::any_of(named.possible.begin(), named.possible.end(), [&](const NamedType* type) { return in(*type); });
}

}  // namespace souk::graphql
