# warden access, warden proto
set(testdata ${CMAKE_CURRENT_SOURCE_DIR}/access_testdata)
set(sets)
foreach(name shop broken conditions rules)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}.binpb)
  add_custom_command(
    OUTPUT ${out}
    COMMAND protobuf::protoc -I${testdata} -I${PROJECT_SOURCE_DIR}/proto --include_imports
            --include_source_info --descriptor_set_out=${out} ${name}.proto
    DEPENDS ${testdata}/${name}.proto ${PROJECT_SOURCE_DIR}/proto/warden/v1/annotations.proto
            ${PROJECT_SOURCE_DIR}/proto/warden/v1/rules.proto
    VERBATIM)
  list(APPEND sets ${out})
endforeach()
add_custom_target(access_test_sets DEPENDS ${sets})
warden_test(access_commands_test
  SOURCES
    access_commands_test.cc
    condition_commands_test.cc
    policy_commands_test.cc
    pattern_length_test.cc
    proto_commands_test.cc
    rule_lint_test.cc
    run_warden.cc
    ${PROJECT_SOURCE_DIR}/tools/warden/pattern_length.cc
  LIBS protobuf::libprotobuf nlohmann_json::nlohmann_json PkgConfig::RE2 absl::strings)
add_dependencies(access_commands_test access_test_sets warden_cli)
target_compile_definitions(access_commands_test PRIVATE
  WARDEN_CLI="$<TARGET_FILE:warden_cli>"
  WARDEN_TESTDATA="${testdata}"
  WARDEN_TEST_SETS="${CMAKE_CURRENT_BINARY_DIR}")
