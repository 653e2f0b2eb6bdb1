#include "test/faults/history.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace souk::faults {
namespace {

const char* Name(Call::Kind kind) {
  switch (kind) {
    case Call::Kind::kPlace:
      return "place";
    case Call::Kind::kCancel:
      return "cancel";
    case Call::Kind::kReturn:
      return "return";
    case Call::Kind::kRead:
      return "read";
    case Call::Kind::kFinalRead:
      return "final-read";
  }
  return "?";
}

const char* Name(Knowledge knowledge) {
  switch (knowledge) {
    case Knowledge::kOk:
      return "ok";
    case Knowledge::kFailed:
      return "failed";
    case Knowledge::kUnknown:
      return "unknown";
  }
  return "?";
}

bool IsRead(const Call& call) { return call.kind == Call::Kind::kRead || call.kind == Call::Kind::kFinalRead; }
bool Placed(const Call& call) { return call.kind == Call::Kind::kPlace && call.knowledge == Knowledge::kOk; }

}  // namespace

void History::Add(Call call) {
  const std::lock_guard lock(mutex_);
  calls_.push_back(std::move(call));
}

std::vector<Call> History::Calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::string ToJson(const Call& call) {
  nlohmann::json json = {{"op", Name(call.kind)},
                         {"begin_us", call.begin_us},
                         {"end_us", call.end_us},
                         {"outcome", Name(call.knowledge)},
                         {"status", call.status}};
  if (!call.key.empty()) json["key"] = call.key;
  if (!call.order_id.empty()) json["order"] = call.order_id;
  if (call.version > 0) json["version"] = call.version;
  if (!call.state.empty()) json["state"] = call.state;
  return json.dump();
}

bool IsTerminal(const std::string& state) {
  static const std::set<std::string> terminal = {"ORDER_STATUS_COMPLETED", "ORDER_STATUS_REJECTED", "ORDER_STATUS_CANCELLED",
                                                 "ORDER_STATUS_RETURNED"};
  return terminal.contains(state);
}

std::vector<std::string> CheckOneOrderPerKey(const std::vector<Call>& calls) {
  std::vector<std::string> offences;
  std::map<std::string, std::string> order_of, key_of;
  for (const Call& call : calls) {
    if (!Placed(call)) continue;
    const std::string& order = order_of.try_emplace(call.key, call.order_id).first->second;
    if (order != call.order_id) offences.push_back("key " + call.key + " was answered with " + order + " and with " + call.order_id);
    const std::string& key = key_of.try_emplace(call.order_id, call.key).first->second;
    if (key != call.key) offences.push_back("order " + call.order_id + " answers both " + key + " and " + call.key);
  }
  return offences;
}

std::vector<std::string> CheckAcknowledgedEnded(const std::vector<Call>& calls) {
  std::map<std::string, const Call*> last;
  for (const Call& call : calls) {
    if (call.kind == Call::Kind::kFinalRead) last[call.order_id] = &call;
  }
  std::set<std::string> acknowledged;
  for (const Call& call : calls) {
    if (Placed(call)) acknowledged.insert(call.order_id);
  }
  std::vector<std::string> offences;
  for (const std::string& order : acknowledged) {
    const auto found = last.find(order);
    if (found == last.end()) {
      offences.push_back("order " + order + " was not asked for at the end");
    } else if (found->second->knowledge != Knowledge::kOk) {
      offences.push_back("order " + order + " was acknowledged and is not found: HTTP " + std::to_string(found->second->status));
    } else if (!IsTerminal(found->second->state)) {
      offences.push_back("order " + order + " has not ended: " + found->second->state);
    }
  }
  return offences;
}

std::vector<std::string> CheckReadsNeverGoBack(const std::vector<Call>& calls) {
  std::map<std::string, std::vector<const Call*>> reads;
  for (const Call& call : calls) {
    if (IsRead(call) && call.knowledge == Knowledge::kOk) reads[call.order_id].push_back(&call);
  }
  std::vector<std::string> offences;
  for (auto& [order, list] : reads) {
    // Sweep over begins; `newest` is the highest version among the reads that had ended by then.
    std::vector<const Call*> by_end = list;
    std::sort(list.begin(), list.end(), [](const Call* a, const Call* b) { return a->begin_us < b->begin_us; });
    std::sort(by_end.begin(), by_end.end(), [](const Call* a, const Call* b) { return a->end_us < b->end_us; });
    std::size_t ended = 0;
    std::int64_t newest = 0;
    for (const Call* read : list) {
      for (; ended < by_end.size() && by_end[ended]->end_us < read->begin_us; ++ended) newest = std::max(newest, by_end[ended]->version);
      if (read->version < newest)
        offences.push_back("order " + order + " was read as version " + std::to_string(read->version) + " after version " +
                           std::to_string(newest));
    }
  }
  return offences;
}

std::vector<std::string> CheckReadsSeeAcknowledged(const std::vector<Call>& calls) {
  std::map<std::string, std::int64_t> known_since;
  for (const Call& call : calls) {
    if (!Placed(call)) continue;
    const auto at = known_since.try_emplace(call.order_id, call.end_us).first;
    at->second = std::min(at->second, call.end_us);
  }
  std::vector<std::string> offences;
  for (const Call& call : calls) {
    if (!IsRead(call) || call.status != 404) continue;
    const auto since = known_since.find(call.order_id);
    if (since != known_since.end() && since->second < call.begin_us)
      offences.push_back("order " + call.order_id + " was acknowledged and then not found");
  }
  return offences;
}

std::vector<std::string> CheckAll(const std::vector<Call>& calls) {
  std::vector<std::string> offences;
  for (const auto check : {CheckOneOrderPerKey, CheckAcknowledgedEnded, CheckReadsNeverGoBack, CheckReadsSeeAcknowledged}) {
    for (std::string& offence : check(calls)) offences.push_back(std::move(offence));
  }
  return offences;
}

}  // namespace souk::faults
