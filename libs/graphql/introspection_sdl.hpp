#pragma once

namespace souk::graphql::internal {

/// The scalars, directives and introspection types that every schema has (specification, 3.5, 3.13 and 4.2), and __Meta, which
/// holds the fields that need no definition. Descriptions are those of the reference implementation.
extern const char* const kIntrospectionSdl;

}  // namespace souk::graphql::internal
