#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libs/graphql/plan.hpp"

namespace souk::graphql {

/// What a request came to.
struct Response {
  std::string body;       ///< the JSON of specification 7.1
  bool has_data = false;  ///< false for a request error: nothing was executed
};

/// One run of an operation (specification, 6): level by level, so that each planned field is fetched once for all its parents;
/// then the response is written depth first, where nulls and errors find their places.
class Execution : public std::enable_shared_from_this<Execution> {
 public:
  using Done = std::function<void(Response)>;

  struct Input {
    std::shared_ptr<const void> owner;      ///< keeps schema, document and plan alive
    const Schema* schema = nullptr;
    const ast::Document* document = nullptr;
    const ast::Operation* operation = nullptr;
    std::shared_ptr<Plan> plan;
    Variables variables;
    std::shared_ptr<Arena> arena;           ///< where the variables lie
    Object root;
    std::shared_ptr<void> context;
    std::function<bool()> expired;          ///< asked before each batch; true fails what is left
  };

  Execution(Input input, Done done) : input_(std::move(input)), done_(std::move(done)) {}

  /// Calls `done` once, on this thread or, when a resolver deferred, on the one that calls Deferred::Done last.
  void Start();
  void OnDefer();
  void OnDone(Batch* batch);
  bool Selects(const PlannedField& field, std::string_view name);

 private:
  /// Objects of one type that are selected from alike.
  struct Group;
  struct Placed {
    Group* group;
    std::uint32_t index;
  };
  /// One planned field of a group.
  struct Column {
    Batch batch;
    std::vector<Placed> placed;           // where each of the batch's objects went; empty when all went to `group` in order
    Group* group = nullptr;
    std::optional<GraphQLError> error;    // of its arguments
  };
  struct Group {
    const SelectionPlan* plan = nullptr;
    std::vector<Object> objects;
    std::vector<Column> columns;  // sized once, as batches are pointed to
  };
  struct Step {
    std::string_view name;  // empty for an index
    std::uint32_t index = 0;
  };

  void Drive(std::unique_lock<std::mutex> lock);
  void StartGroup(Group* group);
  void StartField(Group* group, std::size_t i);
  void Complete(Batch* batch);
  void Split(Column* column);
  bool Idle();
  void Finish();

  // response_writer.cpp
  bool WriteField(const Group& group, std::uint32_t object, std::size_t field);
  bool WriteValue(const Type& type, const internal::Cell& cell, const Column& column, const PlannedField& field);
  bool WriteList(const Type& type, const internal::Cell& cell, const Column& column, const PlannedField& field);
  bool WriteObject(const internal::Cell& cell, const Column& column, const PlannedField& field);
  bool WriteLeaf(const NamedType& type, const internal::Cell& cell, const PlannedField& field);
  bool WriteScalar(const NamedType& type, const internal::Cell& cell, const PlannedField& field);
  bool Fail(std::string message, const PlannedField& field);
  void AddError(GraphQLError error, const PlannedField& field);

  Input input_;
  Done done_;
  Arena arena_;
  std::deque<Group> groups_;
  std::vector<Group*> open_;      // not started yet
  Group* root_ = nullptr;
  std::size_t next_field_ = 0;    // of the root, for mutations
  std::size_t written_ = 0;       // fields of the root
  bool failed_ = false;           // the whole of data is null

  std::mutex mutex_;
  std::vector<Batch*> finished_;  // guarded; deferred batches that are done
  std::size_t waiting_ = 0;       // guarded; deferred batches that are not
  bool driving_ = false;          // guarded; one thread at a time moves the execution on

  std::string out_;
  std::vector<Step> path_;
  std::vector<GraphQLError> errors_;
};

}  // namespace souk::graphql
