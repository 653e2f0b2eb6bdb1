#include "libs/rpc/call_metrics.hpp"

#include "libs/observability/log.hpp"
#include "libs/rpc/method_table.hpp"

namespace souk::rpc::internal {

std::shared_ptr<MethodMetrics> MakeMethodMetrics(const std::string& full_method) {
  auto made = std::make_shared<MethodMetrics>();
  made->method = full_method;
  for (std::size_t i = 0; i < made->by_code.size(); ++i) {
    const std::string code(i == 0 ? "OK" : ToString(static_cast<ErrorCode>(i - 1)));
    made->by_code[i] = &metrics::GetCounter("souk_rpc_requests_total", "Calls answered, by method and code.",
                                            {{"method", full_method}, {"code", code}});
  }
  made->seconds = &metrics::GetHistogram("souk_rpc_seconds", "Time from request to answer.",
                                         {{"method", full_method}}, metrics::LatencyBounds());
  return made;
}

void Observe(const MethodMetrics& metrics, std::chrono::steady_clock::time_point started, const Error* error,
             const Context& context) {
  metrics.by_code[error == nullptr ? 0 : 1 + static_cast<std::size_t>(error->code)]->Increment();
  metrics.seconds->Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  if (error == nullptr || error->code != ErrorCode::kInternal) return;
  log::Error("call failed", {{"method", metrics.method},
                             {"request_id", context.request_id},
                             log::Trace(context),
                             log::Why(*error)});
}

}  // namespace souk::rpc::internal
