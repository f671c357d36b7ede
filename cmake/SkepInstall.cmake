# cmake --install: the command and what it reads (share/skep), the public headers and the papers.
include(GNUInstallDirs)

if(TARGET skep)
  install(TARGETS skep RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET skep_preload)
  install(TARGETS skep_preload LIBRARY DESTINATION lib/skep)
endif()
install(DIRECTORY ${SKEP_SHARE_DIR} DESTINATION ${CMAKE_INSTALL_DATADIR})
install(DIRECTORY include/skep DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.bpf.c" PATTERN "*.cc")
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
