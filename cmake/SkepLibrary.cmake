# libskep.so, for applications: everything of include/skep. What is ours, libbpf's and libstdc++'s stays inside; only skep_* is
# visible, so that it lives beside whatever the application brings.
add_library(skep_library SHARED ${CMAKE_SOURCE_DIR}/cmake/library.cc)
set(skep_exports ${CMAKE_SOURCE_DIR}/cmake/library.map)
target_include_directories(skep_library INTERFACE ${CMAKE_SOURCE_DIR}/include)
# The two rooms with public functions come whole; what they need of the others is found as usual.
target_link_libraries(skep_library PRIVATE
  "-Wl,--whole-archive,$<TARGET_FILE:skep_sys>,$<TARGET_FILE:skep_object>,--no-whole-archive" skep_object)
add_dependencies(skep_library skep_sys skep_object)
target_compile_features(skep_library INTERFACE cxx_std_20)
target_link_options(skep_library PRIVATE -static-libstdc++ -static-libgcc
                    LINKER:--version-script=${skep_exports} LINKER:-z,now)
set_target_properties(skep_library PROPERTIES OUTPUT_NAME skep VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
                                              LINK_DEPENDS ${skep_exports} LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
configure_file(${CMAKE_SOURCE_DIR}/cmake/skep.pc.in ${CMAKE_BINARY_DIR}/skep.pc @ONLY)
