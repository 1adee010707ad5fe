# warden apikey
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME apikey_cli
  COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/apikey_cli_test.py
          $<TARGET_FILE:warden_cli> $<BOOL:${WARDEN_WITH_SQLITE}>)
