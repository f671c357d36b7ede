// CMake wants a shared library to have a source of its own; everything in libskep.so comes from the rooms.
