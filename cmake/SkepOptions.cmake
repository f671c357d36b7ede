# How everything of skep is compiled: C++20, warnings are errors, ccache and sanitizers where asked for. Rooms get it all by
# linking to skep_options.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Release, RelWithDebInfo or Debug" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)  # the rooms below sys/ end up in libskep_preload.so too

find_program(SKEP_CCACHE ccache)
if(SKEP_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${SKEP_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SKEP_CCACHE})
endif()

find_package(fmt REQUIRED)
find_package(Threads REQUIRED)

add_library(skep_options INTERFACE)
target_compile_features(skep_options INTERFACE cxx_std_20)
target_include_directories(skep_options INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
target_compile_options(skep_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wno-missing-field-initializers>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # g++ 12 sees these in correct uses of std::vector, std::string and std::optional at -O2 (GCC bugs 105329, 105562, 107852);
  # ASan looks for the real ones.
  target_compile_options(skep_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds -Wno-stringop-overflow
                                                -Wno-stringop-overread -Wno-restrict -Wno-maybe-uninitialized>)
endif()
if(SKEP_WERROR)
  target_compile_options(skep_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(SKEP_SANITIZE)
  # vptr needs RTTI, which library rooms are built without.
  set(sanitize -fsanitize=${SKEP_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(skep_options INTERFACE ${sanitize})
  target_link_options(skep_options INTERFACE ${sanitize})
  if(SKEP_SANITIZE STREQUAL thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # g++ warns that TSan does not see fences. What our fences order (shm/stripe.h) is atomic on its own, so no race is
    # reported for want of them.
    target_compile_options(skep_options INTERFACE -Wno-tsan)
  endif()
endif()
