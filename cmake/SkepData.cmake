# What the command reads at run time, laid out in the build tree as it will be installed, below share/skep:
#   btf/linux-6.18.btf   the recorded BTF of each kernel skep knows, unpacked from data/linux-6.18.44.btf.xz
#   include/bpf/*.h      libbpf's headers, for `skep check prog.bpf.c`
# The command finds both from its own place: share/skep beside it (build tree) or ../share/skep (installed).
find_program(SKEP_XZ xz REQUIRED)

set(SKEP_SHARE_DIR ${CMAKE_BINARY_DIR}/share/skep)
file(GLOB packed_btf CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/linux-*.btf.xz)
set(unpacked_btf)
foreach(packed ${packed_btf})
  string(REGEX REPLACE "^.*/(linux-[0-9]+\\.[0-9]+)[^/]*\\.btf\\.xz$" "\\1.btf" name ${packed})
  set(unpacked ${SKEP_SHARE_DIR}/btf/${name})
  add_custom_command(
    OUTPUT ${unpacked}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${SKEP_SHARE_DIR}/btf
    COMMAND ${SKEP_XZ} -dc ${packed} > ${unpacked}.part
    COMMAND ${CMAKE_COMMAND} -E rename ${unpacked}.part ${unpacked}
    DEPENDS ${packed}
    COMMENT "Unpacking ${name}"
    VERBATIM)
  list(APPEND unpacked_btf ${unpacked})
endforeach()

set(bpf_headers ${SKEP_SHARE_DIR}/include/bpf)
add_custom_command(
  OUTPUT ${bpf_headers}/bpf_helpers.h
  COMMAND ${CMAKE_COMMAND} -E copy_directory ${SKEP_LIBBPF_INCLUDE_DIR}/bpf ${bpf_headers}
  COMMAND ${CMAKE_COMMAND} -E touch ${bpf_headers}/bpf_helpers.h
  DEPENDS ${SKEP_LIBBPF_LIBRARY}
  COMMENT "Copying libbpf's headers"
  VERBATIM)

add_custom_target(skep_data ALL DEPENDS ${unpacked_btf} ${bpf_headers}/bpf_helpers.h)
