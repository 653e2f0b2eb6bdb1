#include "libs/rpc/method_table.hpp"

#include <algorithm>

#include "libs/base/check.hpp"
#include "libs/rpc/http_rule.hpp"

namespace souk::rpc {

Method MethodTable::Describe(std::string full_method, const google::protobuf::Message& request,
                             const google::protobuf::Message& response) {
  std::string dotted = full_method;
  std::replace(dotted.begin(), dotted.end(), '/', '.');
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(dotted);
  if (descriptor != nullptr) {
    // A table that disagrees with its contract would speak another language than its callers.
    SOUK_CHECK(descriptor->input_type() == request.GetDescriptor());
    SOUK_CHECK(descriptor->output_type() == response.GetDescriptor());
  }
  Method method;
  method.full_name = std::move(full_method);
  method.descriptor = descriptor;
  method.request_prototype = &request;
  method.response_prototype = &response;
  return method;
}

void MethodTable::Insert(Method method) {
  SOUK_CHECK(method.full_name.find('/') != std::string::npos && method.full_name.front() != '/');
  std::string name = method.full_name;
  method.metrics = internal::MakeMethodMetrics(name);
  SOUK_CHECK(methods_.emplace(std::move(name), std::move(method)).second);
}

const Method* MethodTable::Find(std::string_view full_method) const {
  const auto it = methods_.find(full_method);
  return it == methods_.end() ? nullptr : &it->second;
}

namespace internal {

const souk::common::v1::HttpRule* FindHttpRule(const Method& method) {
  if (method.descriptor == nullptr) return nullptr;
  const auto& options = method.descriptor->options();
  if (!options.HasExtension(souk::common::v1::http)) return nullptr;
  return &options.GetExtension(souk::common::v1::http);
}

}  // namespace internal
}  // namespace souk::rpc
