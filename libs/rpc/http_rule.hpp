#pragma once

#include "libs/rpc/method_table.hpp"
#include "souk/common/v1/options.pb.h"

namespace souk::rpc::internal {

/// The REST rule of a method; null when its contract has none.
const souk::common::v1::HttpRule* FindHttpRule(const Method& method);

}  // namespace souk::rpc::internal
