# cmake --install: the command, the kernels' BTF that it reads, the public headers and the papers.
include(GNUInstallDirs)

if(TARGET skep)
  install(TARGETS skep RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES ${unpacked_btf} DESTINATION ${CMAKE_INSTALL_DATADIR}/skep/btf)
install(DIRECTORY include/skep DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.bpf.c")
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
