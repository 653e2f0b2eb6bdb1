#pragma once

#include <google/protobuf/descriptor.pb.h>

#include <string>
#include <vector>

namespace souk::contract {

/// What in `after` would break a reader or writer that was built from `before`: a message, field, enum value or method that is gone without being
/// reserved, or that has another number, type, cardinality, name or oneof. Adding is no break. One sentence each; empty = compatible.
std::vector<std::string> BreakingChanges(const google::protobuf::FileDescriptorSet& before, const google::protobuf::FileDescriptorSet& after);

}  // namespace souk::contract
