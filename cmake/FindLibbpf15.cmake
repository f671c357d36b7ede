# Libbpf15::bpf, the static libbpf 1.5 or newer that src/object links, and Libbpf15::uapi, the <linux/bpf.h> of the same source.
#
# The system's libbpf is taken where it is new enough. Debian 12's is 1.1.2, so there tools/build_libbpf.sh builds 1.5 from the
# package linux-source-6.12 into SKEP_DEPS_DIR, outside the tree of sources and shared by all presets: at build time, once.
set(SKEP_DEPS_DIR ${CMAKE_SOURCE_DIR}/build/deps CACHE PATH "Where libraries built from Debian's sources are kept")

find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBELF REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(SYSTEM_LIBBPF QUIET libbpf>=1.5)
find_library(SYSTEM_LIBBPF_STATIC libbpf.a HINTS ${SYSTEM_LIBBPF_LIBRARY_DIRS})
set(libbpf_script ${CMAKE_SOURCE_DIR}/tools/build_libbpf.sh)

add_library(Libbpf15::bpf STATIC IMPORTED GLOBAL)
add_library(Libbpf15::uapi INTERFACE IMPORTED GLOBAL)
if(SYSTEM_LIBBPF_FOUND AND SYSTEM_LIBBPF_STATIC)
  set(SKEP_LIBBPF_LIBRARY ${SYSTEM_LIBBPF_STATIC})
  set(SKEP_LIBBPF_INCLUDE_DIR ${SYSTEM_LIBBPF_INCLUDEDIR})
else()
  set(libbpf_dir ${SKEP_DEPS_DIR}/libbpf)
  set(SKEP_LIBBPF_LIBRARY ${libbpf_dir}/libbpf.a)
  set(SKEP_LIBBPF_INCLUDE_DIR ${libbpf_dir}/include)
  file(MAKE_DIRECTORY ${libbpf_dir}/include ${libbpf_dir}/uapi)
  # The script does nothing where libbpf is built already, and takes its turn where another preset is at it.
  add_custom_command(
    OUTPUT ${SKEP_LIBBPF_LIBRARY}
    COMMAND ${CMAKE_COMMAND} -E env SKEP_CACHE=${SKEP_DEPS_DIR} ${libbpf_script} ${libbpf_dir}
    COMMAND ${CMAKE_COMMAND} -E touch ${SKEP_LIBBPF_LIBRARY}
    DEPENDS ${libbpf_script}
    COMMENT "Building libbpf 1.5 from linux-source-6.12"
    VERBATIM)
  add_custom_target(skep_libbpf DEPENDS ${SKEP_LIBBPF_LIBRARY})
  target_include_directories(Libbpf15::bpf SYSTEM INTERFACE ${libbpf_dir}/include)
  target_include_directories(Libbpf15::uapi SYSTEM INTERFACE ${libbpf_dir}/uapi)
  add_dependencies(Libbpf15::bpf skep_libbpf)
  add_dependencies(Libbpf15::uapi skep_libbpf)
endif()
set_target_properties(Libbpf15::bpf PROPERTIES IMPORTED_LOCATION ${SKEP_LIBBPF_LIBRARY})
target_link_libraries(Libbpf15::bpf INTERFACE Libbpf15::uapi PkgConfig::LIBELF PkgConfig::ZLIB)
set(Libbpf15_FOUND TRUE)
