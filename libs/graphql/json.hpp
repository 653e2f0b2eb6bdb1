#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/graphql/value.hpp"

namespace souk::graphql {

/// Appends `text` (UTF-8) between quotes, escaped as ECMAScript's JSON.stringify does.
void AppendJsonString(std::string_view text, std::string* out);
/// The shortest digits that give the number back, laid out as ECMAScript does; null for what JSON can't say.
void AppendJsonNumber(double number, std::string* out);
void AppendJsonNumber(std::int64_t number, std::string* out);
void AppendJson(const Value& value, std::string* out);

/// Strict JSON (RFC 8259, UTF-8, nothing after the value). Texts without escapes point into `text`; the rest lies in `arena`.
/// Of members with the same name the last one counts, at the first one's place. Nothing for anything else, including nesting over `depth_max`.
std::optional<Value> ParseJson(std::string_view text, Arena* arena, int depth_max = 64);

}  // namespace souk::graphql
