# souk_embed_sql(TARGET orders_adapters NAMESPACE souk::orders HEADER services/orders/migrations.hpp FILES migrations/0001_orders.sql ...)
# Puts SQL files into the binary: `const std::vector<sql::Migration>& Migrations()` in NAMESPACE, so that a service is one file to deploy.
function(souk_embed_sql)
  cmake_parse_arguments(A "" "TARGET;NAMESPACE;HEADER" "FILES" ${ARGN})
  if(NOT A_HEADER)
    file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    set(A_HEADER ${folder}/migrations.hpp)
  endif()
  set(out ${PROJECT_BINARY_DIR}/embedded)
  string(REPLACE ".hpp" ".cpp" source ${A_HEADER})
  set(entries "")
  foreach(file IN LISTS A_FILES)
    get_filename_component(path ${file} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(READ ${path} text)
    get_filename_component(name ${path} NAME)
    string(APPEND entries "      {\"${name}\", R\"souk_sql(${text})souk_sql\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${out}/${A_HEADER} @ONLY CONTENT
"#pragma once

#include <vector>

#include \"libs/sql/migrate.hpp\"

namespace ${A_NAMESPACE} {
const std::vector<souk::sql::Migration>& Migrations();
}  // namespace ${A_NAMESPACE}
")
  file(GENERATE OUTPUT ${out}/${source} CONTENT
"#include \"${A_HEADER}\"

namespace ${A_NAMESPACE} {
const std::vector<souk::sql::Migration>& Migrations() {
  static const std::vector<souk::sql::Migration> migrations = {
${entries}  };
  return migrations;
}
}  // namespace ${A_NAMESPACE}
")
  target_sources(${A_TARGET} PRIVATE ${out}/${source})
  target_include_directories(${A_TARGET} PUBLIC ${out})
endfunction()
