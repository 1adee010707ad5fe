# What others link, warden::warden, and what `cmake --install` puts where find_package(warden) finds it:
#
#   bin/warden                  the command line
#   lib/libwarden_*.a           the libraries
#   lib/cmake/warden            the package
#   include/warden              headers by their path from the repository's root, generated headers, protos
add_library(warden INTERFACE)
target_link_libraries(warden INTERFACE warden_grpc)
add_library(warden::warden ALIAS warden)

if(NOT WARDEN_INSTALL)
  return()
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/warden)
set(header_dir ${CMAKE_INSTALL_INCLUDEDIR}/warden)

set(libraries
  proto admin_proto config identity token condition policy apikey signing revocation limits rules rights
  sensitivity redact
  leaks
  content shape normalize
  observe http
  revocation_store health guard admin grpc
  audit
  abuse)
foreach(library ${libraries})
  set_target_properties(warden_${library} PROPERTIES EXPORT_NAME ${library})
endforeach()
list(TRANSFORM libraries PREPEND warden_)
install(TARGETS warden ${libraries} EXPORT warden-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${header_dir})
install(TARGETS warden_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

install(DIRECTORY ${PROJECT_SOURCE_DIR}/authz ${PROJECT_SOURCE_DIR}/interceptors
  DESTINATION ${header_dir} FILES_MATCHING PATTERN *.h)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/proto/warden ${PROJECT_SOURCE_DIR}/proto/google
  DESTINATION ${header_dir} FILES_MATCHING PATTERN *.proto)
install(DIRECTORY ${PROJECT_BINARY_DIR}/gen/warden_proto/ ${PROJECT_BINARY_DIR}/gen/warden_admin_proto/
  DESTINATION ${header_dir} FILES_MATCHING PATTERN *.pb.h)

install(EXPORT warden-targets NAMESPACE warden:: DESTINATION ${package_dir})
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/warden-config.cmake.in ${PROJECT_BINARY_DIR}/warden-config.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS header_dir)
# Before 1.0 a minor version may change what callers see.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/warden-config-version.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/warden-config.cmake
  ${PROJECT_BINARY_DIR}/warden-config-version.cmake
  ${PROJECT_SOURCE_DIR}/cmake/WardenProtoLibrary.cmake
  DESTINATION ${package_dir})
