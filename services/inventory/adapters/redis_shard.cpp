#include "services/inventory/adapters/redis_shard.hpp"

namespace souk::inventory {
namespace {

// Every script answers {state, n, m, a, v, amount, granted...}; state 0 ok, 1 missing, 2 closed. Stamps start from the
// server's clock, so that a count that was lost and set again never shows an old stamp.
constexpr const char* kHead = R"(
local f = redis.call('HMGET', KEYS[1], 'a', 'v', 'c', 'n', 'm')
local n, m = tonumber(f[4] or '0'), tonumber(f[5] or '0')
local function fmt(x) return string.format('%.0f', x) end
local function answer(state, a, v, amount) return {state, n, m, fmt(a), fmt(v), fmt(amount)} end
local function fresh()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000000 + tonumber(t[2])
end
)";
constexpr const char* kOpenOnly = R"(
if not f[1] then return {1, n, m, '0', '0', '0'} end
if f[3] == '1' then return {2, n, m, '0', f[2], '0'} end
local a, v = tonumber(f[1]), tonumber(f[2])
local function put(x)
  v = v + 1
  redis.call('HSET', KEYS[1], 'a', fmt(x), 'v', fmt(v))
end
)";

const redis::Script& TakeScript() {
  static const redis::Script script = redis::MakeScript(std::string(kHead) + kOpenOnly + R"(
local out, taken = {}, 0
for i = 1, #ARGV, 2 do
  local q, count = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local k = math.min(count, math.max(0, math.floor((a - taken) / q)))
  taken = taken + k * q
  out[#out + 1] = k
end
if taken > 0 then put(a - taken) end
local reply = answer(0, a - taken, v, taken)
for i = 1, #out do reply[#reply + 1] = out[i] end
return reply)");
  return script;
}

const redis::Script& TakeUpToScript() {
  static const redis::Script script = redis::MakeScript(std::string(kHead) + kOpenOnly + R"(
local k = math.max(0, math.min(a, tonumber(ARGV[1])))
if k > 0 then put(a - k) end
return answer(0, a - k, v, k))");
  return script;
}

const redis::Script& AddScript() {
  static const redis::Script script = redis::MakeScript(std::string(kHead) + R"(
if not f[1] and ARGV[2] then
  redis.call('HSET', KEYS[1], 'a', ARGV[2], 'v', fmt(fresh()), 'n', '1', 'm', '1')
  return {0, 1, 1, ARGV[2], '0', '0'}
end
)" + kOpenOnly + R"(
put(a + tonumber(ARGV[1]))
return answer(0, a + tonumber(ARGV[1]), v, tonumber(ARGV[1])))");
  return script;
}

const redis::Script& ReadScript() {
  static const redis::Script script = redis::MakeScript(std::string(kHead) + kOpenOnly + R"(
return answer(0, a, v, 0))");
  return script;
}

const redis::Script& SeedScript() {
  static const redis::Script script = redis::MakeScript(R"(
if redis.call('HEXISTS', KEYS[1], 'a') == 1 then return {0, 0, 0, '0', '0', '0'} end
local t = redis.call('TIME')
redis.call('HSET', KEYS[1], 'a', ARGV[1], 'v', string.format('%.0f', tonumber(t[1]) * 1000000 + tonumber(t[2])), 'n', '1', 'm', '1')
return {0, 1, 1, ARGV[1], '0', '1'})");
  return script;
}

const redis::Script& AddIfScript() {
  static const redis::Script script = redis::MakeScript(std::string(kHead) + kOpenOnly + R"(
if f[2] ~= ARGV[1] then return answer(0, a, v, 0) end
put(a + tonumber(ARGV[2]))
return answer(0, a + tonumber(ARGV[2]), v, 1))");
  return script;
}

const redis::Script& OpenScript() {
  static const redis::Script script = redis::MakeScript(std::string(kHead) + R"(
local v = f[2] and tonumber(f[2]) + 1 or fresh()
redis.call('HSET', KEYS[1], 'a', f[1] or '0', 'v', fmt(v), 'c', '0')
return answer(0, tonumber(f[1] or '0'), v, 0))");
  return script;
}

const redis::Script& CloseScript() {
  static const redis::Script script = redis::MakeScript(std::string(kHead) + kOpenOnly + R"(
redis.call('HSET', KEYS[1], 'a', '0', 'v', fmt(v + 1), 'c', '1')
return answer(0, 0, v + 1, a))");
  return script;
}

const redis::Script& SetShardsScript() {
  static const redis::Script script = redis::MakeScript(std::string(kHead) + kOpenOnly + R"(
redis.call('HSET', KEYS[1], 'n', ARGV[1], 'm', fmt(math.max(m, tonumber(ARGV[2]))))
return answer(0, a, v, 0))");
  return script;
}

std::int64_t Number(const redis::Reply& reply) {
  if (reply.kind == redis::Reply::Kind::kInteger) return reply.integer;
  return std::strtoll(reply.text.c_str(), nullptr, 10);
}

Result<ShardReply> Decode(const redis::Reply& reply) {
  if (reply.items.size() < 6) return MakeError(ErrorCode::kInternal, "the count's script answered something else");
  ShardReply decoded;
  decoded.state = static_cast<ShardReply::State>(Number(reply.items[0]));
  decoded.shards = static_cast<int>(Number(reply.items[1]));
  decoded.shards_max = static_cast<int>(Number(reply.items[2]));
  decoded.available = Number(reply.items[3]);
  decoded.stamp = Number(reply.items[4]);
  decoded.amount = Number(reply.items[5]);
  for (std::size_t i = 6; i < reply.items.size(); ++i) decoded.granted.push_back(Number(reply.items[i]));
  return decoded;
}

}  // namespace

std::string ShardKey(const std::string& sku, int shard) { return "stock:{" + sku + ":" + std::to_string(shard) + "}"; }

void RedisShards::Eval(const redis::Script& script, const std::string& sku, int shard, std::vector<std::string> args,
                       ShardDone done) {
  cluster_.Eval(script, {ShardKey(sku, shard)}, std::move(args), std::chrono::steady_clock::now() + timeout_,
                [done = std::move(done)](Result<redis::Reply> reply) {
                  if (!reply.ok()) return done(reply.error());
                  done(Decode(*reply));
                });
}

void RedisShards::Take(const std::string& sku, int shard, const std::vector<Run>& runs, ShardDone done) {
  std::vector<std::string> args;
  args.reserve(runs.size() * 2);
  for (const Run& run : runs) {
    args.push_back(std::to_string(run.quantity));
    args.push_back(std::to_string(run.count));
  }
  Eval(TakeScript(), sku, shard, std::move(args), std::move(done));
}

void RedisShards::TakeUpTo(const std::string& sku, int shard, std::int64_t want, ShardDone done) {
  Eval(TakeUpToScript(), sku, shard, {std::to_string(want)}, std::move(done));
}

void RedisShards::Add(const std::string& sku, int shard, std::int64_t difference, const std::int64_t* seed, ShardDone done) {
  std::vector<std::string> args{std::to_string(difference)};
  if (seed != nullptr) args.push_back(std::to_string(*seed));
  Eval(AddScript(), sku, shard, std::move(args), std::move(done));
}

void RedisShards::Read(const std::string& sku, int shard, ShardDone done) {
  Eval(ReadScript(), sku, shard, {}, std::move(done));
}

void RedisShards::Seed(const std::string& sku, std::int64_t available, ShardDone done) {
  Eval(SeedScript(), sku, 0, {std::to_string(available)}, std::move(done));
}

void RedisShards::AddIf(const std::string& sku, int shard, std::int64_t stamp, std::int64_t difference, ShardDone done) {
  Eval(AddIfScript(), sku, shard, {std::to_string(stamp), std::to_string(difference)}, std::move(done));
}

void RedisShards::Open(const std::string& sku, int shard, ShardDone done) {
  Eval(OpenScript(), sku, shard, {}, std::move(done));
}

void RedisShards::Close(const std::string& sku, int shard, ShardDone done) {
  Eval(CloseScript(), sku, shard, {}, std::move(done));
}

void RedisShards::SetShards(const std::string& sku, int in_use, int opened, ShardDone done) {
  Eval(SetShardsScript(), sku, 0, {std::to_string(in_use), std::to_string(opened)}, std::move(done));
}

}  // namespace souk::inventory
