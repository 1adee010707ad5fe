# warden audit
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME audit_cli
  COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/audit_cli_test.py $<TARGET_FILE:warden_cli>)
