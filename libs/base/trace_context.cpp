#include "libs/base/trace_context.hpp"

#include <charconv>

#include "libs/base/hash.hpp"

namespace souk {
namespace {

bool ReadHex(std::string_view text, std::uint8_t* out, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const char* begin = text.data() + 2 * i;
    for (const char* c = begin; c < begin + 2; ++c) {
      if (!((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'f'))) return false;
    }
    std::from_chars(begin, begin + 2, out[i], 16);
  }
  return true;
}

void FillRandom(Random& random, std::uint8_t* out, std::size_t size) {
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t value = random.Next() | 1;
    for (std::size_t j = 0; j < 8 && i + j < size; ++j) out[i + j] = static_cast<std::uint8_t>(value >> (8 * j));
  }
}

}  // namespace

TraceContext TraceContext::New(Random& random) {
  TraceContext context;
  FillRandom(random, context.trace_id.data(), context.trace_id.size());
  FillRandom(random, context.span_id.data(), context.span_id.size());
  return context;
}

std::optional<TraceContext> TraceContext::Parse(std::string_view text) {
  if (text.size() != 55 || text.substr(0, 3) != "00-" || text[35] != '-' || text[52] != '-') return std::nullopt;
  TraceContext context;
  if (!ReadHex(text.substr(3), context.trace_id.data(), 16) || !ReadHex(text.substr(36), context.span_id.data(), 8) ||
      !ReadHex(text.substr(53), &context.flags, 1) || !context.IsValid()) {
    return std::nullopt;
  }
  return context;
}

TraceContext TraceContext::Child(Random& random) const {
  TraceContext child = *this;
  FillRandom(random, child.span_id.data(), child.span_id.size());
  return child;
}

std::string TraceContext::ToString() const {
  return "00-" + TraceIdHex() + "-" + ToHex(span_id.data(), span_id.size()) + "-" + ToHex(&flags, 1);
}

std::string TraceContext::TraceIdHex() const { return ToHex(trace_id.data(), trace_id.size()); }

bool TraceContext::IsValid() const {
  return trace_id != std::array<std::uint8_t, 16>{} && span_id != std::array<std::uint8_t, 8>{};
}

}  // namespace souk
