# warden message. The sets are made from protos whose C++ code the command line does not have, the ecosystem's dialect
# among them.
set(rules_testdata ${PROJECT_SOURCE_DIR}/tests/interceptors/rules/testdata)
set(message_sets)
foreach(name rules_test buf_rules_test message_broken)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}.binpb)
  add_custom_command(
    OUTPUT ${out}
    COMMAND protobuf::protoc -I${rules_testdata} -I${CMAKE_CURRENT_SOURCE_DIR}/message_testdata
            -I${PROJECT_SOURCE_DIR}/proto --include_imports --descriptor_set_out=${out} ${name}.proto
    DEPENDS ${rules_testdata}/rules_test.proto ${rules_testdata}/buf_rules_test.proto
            ${rules_testdata}/buf/validate/validate.proto
            ${CMAKE_CURRENT_SOURCE_DIR}/message_testdata/message_broken.proto
            ${PROJECT_SOURCE_DIR}/proto/warden/v1/annotations.proto
            ${PROJECT_SOURCE_DIR}/proto/warden/v1/rules.proto
    VERBATIM)
  list(APPEND message_sets ${out})
endforeach()
add_custom_target(message_test_sets DEPENDS ${message_sets})
warden_test(message_commands_test
  SOURCES message_commands_test.cc
  LIBS protobuf::libprotobuf nlohmann_json::nlohmann_json)
add_dependencies(message_commands_test message_test_sets warden_cli)
target_compile_definitions(message_commands_test PRIVATE
  WARDEN_CLI="$<TARGET_FILE:warden_cli>"
  WARDEN_TEST_SETS="${CMAKE_CURRENT_BINARY_DIR}")
