# warden revoke, warden revocations
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME revocation_cli
  COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/revocation_cli_test.py
          $<TARGET_FILE:warden_cli> $<IF:$<BOOL:${WARDEN_WITH_REDIS}>,redis,no-redis>)
