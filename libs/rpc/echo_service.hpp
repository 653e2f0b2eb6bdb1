#pragma once

// For tests and benchmarks: souk.testing.v1.EchoService on both wires.
#include <memory>

#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "libs/rpc/grpc_server.hpp"
#include "libs/rpc/method_table.hpp"
#include "libs/rpc/rest.hpp"
#include "souk/testing/v1/echo.pb.h"

namespace souk::rpc {

namespace echo = souk::testing::v1;

inline echo::EchoResponse MakeEcho(const Call& call, const echo::EchoRequest& request) {
  echo::EchoResponse response;
  response.set_id(request.id());
  response.set_text(request.text());
  response.set_big(request.big());
  *response.mutable_lines() = request.lines();
  response.set_mood(request.mood());
  *response.mutable_labels() = request.labels();
  response.set_idempotency_key(call.context.idempotency_key);
  response.set_principal(call.context.principal);
  return response;
}

inline ErrorCode CodeNamed(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    if (ToString(static_cast<ErrorCode>(i)) == name) return static_cast<ErrorCode>(i);
  }
  return ErrorCode::kInternal;
}

inline Error MakeFailure(const echo::FailRequest& request) {
  Error error = MakeError(CodeNamed(request.code()), request.message(), request.reason());
  error.http_status = request.http_status();
  error.details_json = request.details_json();
  if (!request.field().empty()) error.fields.push_back({request.field(), "is wrong"});
  return error;
}

/// Adds the methods that need nothing but their request.
inline void AddEchoService(MethodTable* table) {
  const std::string service = "souk.testing.v1.EchoService/";
  const Unary<echo::EchoRequest, echo::EchoResponse> answer = [](CallPtr call, auto request, auto done) {
    call->SetResponseHeader("X-Echo", request->id());
    done(MakeEcho(*call, *request));
  };
  table->AddUnary<echo::EchoRequest, echo::EchoResponse>(service + "Echo", answer);
  table->AddUnary<echo::EchoRequest, echo::EchoResponse>(service + "CreateEcho", answer);
  table->AddUnary<echo::GetEchoRequest, echo::EchoResponse>(service + "GetEcho", [](CallPtr, auto request, auto done) {
    echo::EchoResponse response;
    response.set_id(request->id());
    response.set_big(request->page_size());
    response.set_mood(request->mood());
    for (const std::string& tag : request->tags()) response.set_text(response.text() + tag + ';');
    done(response);
  });
  table->AddUnary<echo::FailRequest, echo::EchoResponse>(service + "Fail", [](CallPtr, auto request, auto done) {
    done(MakeFailure(*request));
  });
  table->AddUnary<echo::EmptyRequest, echo::EmptyResponse>(service + "Empty", [](CallPtr, auto, auto done) {
    done(echo::EmptyResponse());
  });
}

}  // namespace souk::rpc
