#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "libs/base/check.hpp"
#include "libs/base/error.hpp"

namespace souk {

/// A value or an Error. (C++20 on g++ 12 has no std::expected.)
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : data_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : data_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return data_.index() == 0; }
  explicit operator bool() const { return ok(); }
  const T& value() const& { SOUK_CHECK(ok()); return std::get<0>(data_); }
  T& value() & { SOUK_CHECK(ok()); return std::get<0>(data_); }
  T&& value() && { SOUK_CHECK(ok()); return std::get<0>(std::move(data_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }
  const Error& error() const { SOUK_CHECK(!ok()); return std::get<1>(data_); }

 private:
  std::variant<T, Error> data_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design
  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const { SOUK_CHECK(!ok()); return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace souk

/// Returns the error of `expression` from the enclosing function; otherwise assigns its value to `target`.
#define SOUK_CONCAT_INNER(a, b) a##b
#define SOUK_CONCAT(a, b) SOUK_CONCAT_INNER(a, b)
#define SOUK_ASSIGN_OR_RETURN(target, expression) \
  SOUK_ASSIGN_OR_RETURN_IMPL(SOUK_CONCAT(souk_result_, __LINE__), target, expression)
#define SOUK_ASSIGN_OR_RETURN_IMPL(result, target, expression) \
  auto result = (expression);                                  \
  if (!result.ok()) return result.error();                     \
  target = std::move(result).value()
#define SOUK_RETURN_IF_ERROR(expression)                              \
  do {                                                                \
    if (auto souk_status = (expression); !souk_status.ok()) return souk_status.error(); \
  } while (false)
