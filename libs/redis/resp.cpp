#include "libs/redis/resp.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace souk::redis {
namespace {

void AppendHeader(std::string& out, char type, std::size_t number) {
  char digits[24];
  digits[0] = type;
  auto* end = std::to_chars(digits + 1, digits + sizeof digits - 2, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(digits, end);
}

void AppendBulk(std::string& out, std::string_view arg) {
  AppendHeader(out, '$', arg.size());
  out.append(arg);
  out.append("\r\n", 2);
}

bool ParseNumber(std::string_view text, std::int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void AppendCommand(std::string& out, std::span<const std::string_view> args) {
  std::size_t size = 16;
  for (const auto& arg : args) size += arg.size() + 16;
  out.reserve(out.size() + size);
  AppendHeader(out, '*', args.size());
  for (const auto& arg : args) AppendBulk(out, arg);
}

void AppendCommand(std::string& out, const std::vector<std::string>& args) {
  std::size_t size = 16;
  for (const auto& arg : args) size += arg.size() + 16;
  out.reserve(out.size() + size);
  AppendHeader(out, '*', args.size());
  for (const auto& arg : args) AppendBulk(out, arg);
}

std::span<char> RespParser::Prepare(std::size_t size) {
  if (begin_ == end_) {
    begin_ = end_ = scanned_ = 0;
  } else if (begin_ > 0 && buffer_.size() - end_ < size) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    scanned_ -= std::min(scanned_, begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < size) buffer_.resize(std::max(end_ + size, buffer_.size() * 2));
  return {buffer_.data() + end_, buffer_.size() - end_};
}

void RespParser::Feed(std::string_view bytes) {
  if (bytes.empty()) return;
  std::memcpy(Prepare(bytes.size()).data(), bytes.data(), bytes.size());
  Commit(bytes.size());
}

void RespParser::Reset() {
  begin_ = end_ = scanned_ = items_ = 0;
  frames_.clear();
  broken_.clear();
  if (buffer_.size() > (std::size_t{1} << 20)) std::string().swap(buffer_);
}

RespParser::Status RespParser::Broken(std::string why) {
  broken_ = std::move(why);
  return Status::kBroken;
}

bool RespParser::TakeLine(std::string_view& line) {
  const std::size_t from = std::max(begin_, scanned_);
  const void* found = std::memchr(buffer_.data() + from, '\n', end_ - from);
  if (found == nullptr) {
    scanned_ = end_;
    return false;
  }
  const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
  line = std::string_view(buffer_).substr(begin_, at - begin_ + 1);
  return true;
}

RespParser::Status RespParser::Next(Reply& reply) {
  if (!broken_.empty()) return Status::kBroken;
  while (true) {
    Reply one;
    const std::size_t depth = frames_.size();
    const auto status = ParseOne(one);
    if (status != Status::kReply) return status;
    if (frames_.size() > depth) continue;  // a non-empty array was opened
    while (!frames_.empty()) {
      auto& frame = frames_.back();
      frame.array.items.push_back(std::move(one));
      if (--frame.missing > 0) break;
      one = std::move(frame.array);
      frames_.pop_back();
    }
    if (!frames_.empty()) continue;
    items_ = 0;
    reply = std::move(one);
    return Status::kReply;
  }
}

RespParser::Status RespParser::ParseOne(Reply& reply) {
  std::string_view line;
  if (!TakeLine(line)) {
    return end_ - begin_ > limits_.line_max ? Broken("a line is longer than allowed") : Status::kNeedMore;
  }
  if (line.size() > limits_.line_max + 2) return Broken("a line is longer than allowed");
  if (line.size() < 3 || line[line.size() - 2] != '\r') return Broken("a line does not end in CR LF");
  const std::size_t line_size = line.size();
  const std::string_view body = line.substr(1, line_size - 3);
  switch (line[0]) {
    case '+':
    case '-':
      reply.kind = line[0] == '+' ? Reply::Kind::kStatus : Reply::Kind::kError;
      reply.text = body;
      break;
    case ':':
      reply.kind = Reply::Kind::kInteger;
      if (!ParseNumber(body, reply.integer)) return Broken("an integer is not a number");
      break;
    case '$':
      return ParseBulk(line, reply);
    case '*':
      if (const auto status = ParseArray(body, reply); status != Status::kReply) return status;
      break;
    default:
      return Broken("a reply begins with an unknown type byte");
  }
  begin_ += line_size;
  return Status::kReply;
}

RespParser::Status RespParser::ParseBulk(std::string_view line, Reply& reply) {
  std::int64_t length = 0;
  if (!ParseNumber(line.substr(1, line.size() - 3), length) || length < -1) return Broken("a string has a bad length");
  if (length == -1) {
    begin_ += line.size();
    return Status::kReply;
  }
  const auto size = static_cast<std::size_t>(length);
  if (size > limits_.bulk_max) return Broken("a string is longer than allowed");
  if (end_ - begin_ < line.size() + size + 2) {
    scanned_ = 0;  // the header line stands whole: it is read again when the body is here
    return Status::kNeedMore;
  }
  const char* body = line.data() + line.size();
  if (body[size] != '\r' || body[size + 1] != '\n') return Broken("a string does not end in CR LF");
  reply.kind = Reply::Kind::kString;
  reply.text.assign(body, size);
  begin_ += line.size() + size + 2;
  return Status::kReply;
}

RespParser::Status RespParser::ParseArray(std::string_view body, Reply& reply) {
  std::int64_t count = 0;
  if (!ParseNumber(body, count) || count < -1) return Broken("an array has a bad length");
  if (count == -1) return Status::kReply;
  reply.kind = Reply::Kind::kArray;
  if (count == 0) return Status::kReply;
  const auto size = static_cast<std::size_t>(count);
  if (size > limits_.items_max - items_) return Broken("a reply has more elements than allowed");
  if (frames_.size() >= limits_.depth_max) return Broken("a reply is nested deeper than allowed");
  items_ += size;
  frames_.push_back(Frame{std::move(reply), size});
  // An announced length is not yet memory: reserve a little, grow with what really arrives.
  frames_.back().array.items.reserve(std::min<std::size_t>(size, 64));
  return Status::kReply;
}

}  // namespace souk::redis
