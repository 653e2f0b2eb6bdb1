# Third-party packages, all from Debian 12. Each line says what the package is for.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)              # events and contracts
find_package(gRPC CONFIG REQUIRED)           # service to service calls (libs/rpc only)
find_package(OpenSSL REQUIRED)               # SHA-256, HMAC, random bytes
find_package(fmt CONFIG REQUIRED)            # text formatting
find_package(spdlog CONFIG REQUIRED)         # log sinks (libs/observability only)
find_package(nlohmann_json CONFIG REQUIRED)  # JSON at the edges
find_package(prometheus-cpp CONFIG REQUIRED) # metrics (libs/observability only)
find_package(tomlplusplus CONFIG REQUIRED)   # configuration files (libs/config only)
find_package(yaml-cpp CONFIG REQUIRED)       # deploy/kafka/topics.yaml (tools only)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)  # Asio and Beast (libs/http, libs/redis only)
find_package(CURL REQUIRED)                  # SMTP (notifications only)
find_package(ZLIB REQUIRED)                  # gzip'd order files (tools/demo only)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx)    # SQL (libs/sql and adapters)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka) # Kafka (libs/kafka only)
if(SOUK_TESTS)
  find_package(GTest CONFIG REQUIRED)
  find_package(rapidcheck CONFIG REQUIRED)   # property tests
endif()
