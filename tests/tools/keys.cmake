# warden token inspect, and warden keys check.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME keys_cli
  COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/keys_cli_test.py $<TARGET_FILE:warden_cli>
    $<$<NOT:$<BOOL:${WARDEN_WITH_CURL}>>:--without-curl>
  COMMAND_EXPAND_LISTS)
