# warden_proto_library(NAME IMPORT_ROOT dir PROTOS a.proto ... [IMPORTS file ...] [GRPC])
#
# Generates and compiles C++ from protos, for Warden itself and for projects that use it: their
# protos can import "warden/v1/annotations.proto", and what is generated links Warden's own.
#
#   IMPORT_ROOT  the folder, as an absolute path, that PROTOS and their imports are named from
#   PROTOS       names below it, such as shop/v1/shop.proto; include shop/v1/shop.pb.h
#   IMPORTS      files whose change generates anew, as absolute paths
#   GRPC         generate services too; include shop/v1/shop.grpc.pb.h
#
# Generated code is compiled without warnings and included as a system header.
function(warden_proto_library name)
  cmake_parse_arguments(ARG "GRPC" "IMPORT_ROOT" "PROTOS;IMPORTS" ${ARGN})
  if(NOT ARG_IMPORT_ROOT OR NOT ARG_PROTOS OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "warden_proto_library(${name}) needs IMPORT_ROOT and PROTOS, and takes no "
                        "other words: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  set(out ${PROJECT_BINARY_DIR}/gen/${name})
  file(MAKE_DIRECTORY ${out})
  set(roots -I${ARG_IMPORT_ROOT})
  if(TARGET warden::proto)
    get_target_property(wardens_root warden::proto WARDEN_IMPORT_ROOT)
    list(APPEND roots -I${wardens_root})
  endif()
  if(ARG_GRPC)
    find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
  endif()
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
      COMMAND protobuf::protoc --cpp_out=${out} ${plugin} ${roots} ${ARG_IMPORT_ROOT}/${proto}
      DEPENDS ${ARG_IMPORT_ROOT}/${proto} ${ARG_IMPORTS}
      COMMENT "protoc ${proto}" VERBATIM)
    list(APPEND generated ${outputs})
  endforeach()
  add_library(${name} STATIC ${generated})
  target_include_directories(${name} SYSTEM PUBLIC $<BUILD_INTERFACE:${out}>)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
  if(TARGET warden::proto)
    target_link_libraries(${name} PUBLIC warden::proto)
  endif()
  if(ARG_GRPC)
    target_link_libraries(${name} PUBLIC PkgConfig::GRPCPP)
    if(COMMAND warden_precompile)
      warden_precompile(${name} warden_grpc_pch)
    endif()
  endif()
endfunction()
