# Warnings, sanitizers and the helpers that declare Warden's targets.
add_library(warden_options INTERFACE)
target_compile_features(warden_options INTERFACE cxx_std_20)
# gcc counts designated initializers that leave members to their defaults as missing ones.
target_compile_options(warden_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Werror -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)

if(WARDEN_SANITIZE)
  add_compile_options(-fsanitize=${WARDEN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WARDEN_SANITIZE})
endif()

# mold links these many small programs several times faster than ld.
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# warden_library(NAME sources... ) declares a library of our own, warnings on.
function(warden_library name)
  add_library(${name} STATIC ${ARGN})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include/warden>)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:warden_options>)
  target_compile_features(${name} PUBLIC cxx_std_20)
endfunction()

# warden_proto_library(NAME IMPORT_ROOT dir PROTOS a.proto ... [GRPC]) generates and compiles protos.
# Generated code is compiled without our warnings and included as a system header.
function(warden_proto_library name)
  cmake_parse_arguments(ARG "GRPC" "IMPORT_ROOT" "PROTOS;IMPORTS" ${ARGN})
  set(out ${PROJECT_BINARY_DIR}/gen/${name})
  file(MAKE_DIRECTORY ${out})
  set(generated)
  foreach(proto ${ARG_PROTOS})
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    set(outputs ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
    set(plugin)
    if(ARG_GRPC)
      list(APPEND outputs ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
      set(plugin --grpc_out=${out} --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN})
    endif()
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND protobuf::protoc --cpp_out=${out} ${plugin} -I${ARG_IMPORT_ROOT}
              -I${PROJECT_SOURCE_DIR}/proto ${ARG_IMPORT_ROOT}/${proto}
      DEPENDS ${ARG_IMPORT_ROOT}/${proto} ${ARG_IMPORTS}
      COMMENT "protoc ${proto}" VERBATIM)
    list(APPEND generated ${outputs})
  endforeach()
  add_library(${name} STATIC ${generated})
  target_include_directories(${name} SYSTEM PUBLIC
    $<BUILD_INTERFACE:${out}> $<INSTALL_INTERFACE:include/warden>)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
  if(ARG_GRPC)
    target_link_libraries(${name} PUBLIC PkgConfig::GRPCPP)
  endif()
endfunction()

# warden_test(NAME SOURCES ... LIBS ...) declares one GoogleTest program; each case is a ctest test.
function(warden_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE warden_options ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
