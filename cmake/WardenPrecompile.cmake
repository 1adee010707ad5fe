# Headers that nearly every source includes are parsed once: WARDEN_PRECOMPILE says for what.
#
#   ALL       libraries, programs and tests
#   PROGRAMS  programs and tests; so what the libraries' sources forget to include is noticed
#   NONE      nothing, as where Warden is added as a subdirectory
if(PROJECT_IS_TOP_LEVEL)
  set(WARDEN_PRECOMPILE ALL CACHE STRING "What is built with precompiled headers: ALL, PROGRAMS, NONE")
else()
  set(WARDEN_PRECOMPILE NONE)
endif()

set(warden_common_headers
  <algorithm> <atomic> <chrono> <functional> <map> <memory> <mutex> <optional> <string> <string_view>
  <thread> <utility> <variant> <vector>
  <absl/container/flat_hash_map.h> <absl/status/statusor.h> <absl/strings/str_cat.h>
  <absl/strings/str_split.h> <absl/synchronization/mutex.h> <absl/time/time.h>
  <google/protobuf/dynamic_message.h> <google/protobuf/message.h> <nlohmann/json.hpp>)

# A compiler takes what was compiled with the same flags only, so all get what one of the packages asks for.
set(warden_precompile_flags -fPIC -pthread -DNOMINMAX -DGTEST_HAS_PTHREAD=1
  # gcc 12 finds these in its own std::string, and forgets with precompiled headers that it is a system header's.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-restrict;-Wno-stringop-overflow;-Wno-stringop-overread>)

# warden_precompiled(NAME HEADERS ... LIBS ...) declares headers that several targets share.
function(warden_precompiled name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LIBS" ${ARGN})
  if(WARDEN_PRECOMPILE STREQUAL NONE)
    return()
  endif()
  set(source ${PROJECT_BINARY_DIR}/gen/${name}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Nothing but what is precompiled.\n")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${source})
  target_link_libraries(${name} PRIVATE warden_options ${ARG_LIBS})
  # A date in it would make each a new one for ccache.
  target_compile_options(${name} PRIVATE ${warden_precompile_flags}
    $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>)
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

warden_precompiled(warden_pch HEADERS ${warden_common_headers}
  LIBS protobuf::libprotobuf absl::flat_hash_map absl::statusor absl::strings absl::synchronization
       nlohmann_json::nlohmann_json)
warden_precompiled(warden_grpc_pch HEADERS ${warden_common_headers} <grpcpp/grpcpp.h>
  LIBS protobuf::libprotobuf PkgConfig::GRPCPP nlohmann_json::nlohmann_json)

# warden_precompile(TARGET FROM) builds TARGET with what FROM declares.
function(warden_precompile target from)
  if(TARGET ${from})
    target_compile_options(${target} PRIVATE ${warden_precompile_flags})
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()
