# warden token verify, mint and keygen.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME token_cli
  COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/token_cli_test.py $<TARGET_FILE:warden_cli>)
