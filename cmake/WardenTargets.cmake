# Warnings, sanitizers and the helpers that declare Warden's targets.
add_library(warden_options INTERFACE)
target_compile_features(warden_options INTERFACE cxx_std_20)
# gcc counts designated initializers that leave members to their defaults as missing ones.
target_compile_options(warden_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
# A newer compiler's warnings must not break the builds of those who build Warden within theirs.
if(PROJECT_IS_TOP_LEVEL)
  target_compile_options(warden_options INTERFACE -Werror)
endif()

if(WARDEN_SANITIZE)
  add_compile_options(-fsanitize=${WARDEN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WARDEN_SANITIZE})
endif()

# mold links these many small programs several times faster than ld.
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# warden_library(NAME [PRECOMPILED headers] sources... ) declares a library of our own, warnings on.
function(warden_library name)
  cmake_parse_arguments(ARG "" "PRECOMPILED" "" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:warden_options>)
  target_compile_features(${name} PUBLIC cxx_std_20)
  if(WARDEN_PRECOMPILE STREQUAL ALL)
    if(NOT ARG_PRECOMPILED)
      set(ARG_PRECOMPILED warden_pch)
    endif()
    warden_precompile(${name} ${ARG_PRECOMPILED})
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
  warden_precompile(${name} warden_test_pch)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
