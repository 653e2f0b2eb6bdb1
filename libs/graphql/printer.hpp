#pragma once

#include <string>

#include "libs/graphql/ast.hpp"

namespace souk::graphql {

/// The document in its canonical form; parsing the result gives the same document.
std::string Print(const ast::Document& document);
std::string Print(const ast::Definition& definition);
std::string Print(const ast::Value& value);
std::string Print(const ast::Type& type);

}  // namespace souk::graphql
