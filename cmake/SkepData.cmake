# The recorded BTF of the kernels skep knows: data/linux-6.18.44.btf.xz is unpacked at build time into
# share/skep/btf/linux-6.18.btf of the build tree, where the command in the same tree finds it as it will find the installed one.
find_program(SKEP_XZ xz REQUIRED)

set(SKEP_BTF_DIR ${CMAKE_BINARY_DIR}/share/skep/btf)
file(GLOB packed_btf CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/linux-*.btf.xz)
set(unpacked_btf)
foreach(packed ${packed_btf})
  string(REGEX REPLACE "^.*/(linux-[0-9]+\\.[0-9]+)[^/]*\\.btf\\.xz$" "\\1.btf" name ${packed})
  set(unpacked ${SKEP_BTF_DIR}/${name})
  add_custom_command(
    OUTPUT ${unpacked}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${SKEP_BTF_DIR}
    COMMAND ${SKEP_XZ} -dc ${packed} > ${unpacked}.part
    COMMAND ${CMAKE_COMMAND} -E rename ${unpacked}.part ${unpacked}
    DEPENDS ${packed}
    COMMENT "Unpacking ${name}"
    VERBATIM)
  list(APPEND unpacked_btf ${unpacked})
endforeach()
add_custom_target(skep_btf_data ALL DEPENDS ${unpacked_btf})
