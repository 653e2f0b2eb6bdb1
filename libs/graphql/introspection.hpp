#pragma once

#include "libs/graphql/resolver.hpp"

namespace souk::graphql::internal {

/// What resolves __schema, __type and all below them (specification, 4).
const Resolvers& IntrospectionResolvers();

}  // namespace souk::graphql::internal
