# What clang needs of this tree: included before the rooms.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "the fuzz targets need clang and its libFuzzer: ./dev fuzz installs and chooses them")
endif()
# clang instantiates a constexpr destructor where it is named, so libstdc++'s std::vector<Field> inside DataType looks into
# Field before it is complete; GCC waits. A copy of that one header, its two destructors not constexpr, comes first.
set(overlay ${CMAKE_BINARY_DIR}/libstdcxx/bits/stl_vector.h)
if(NOT EXISTS ${overlay})
  file(WRITE ${CMAKE_BINARY_DIR}/libstdcxx/probe.cc "#include <vector>\n")
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -M ${CMAKE_BINARY_DIR}/libstdcxx/probe.cc
    OUTPUT_VARIABLE included COMMAND_ERROR_IS_FATAL ANY)
  if(included MATCHES "([^ \n]*/bits/stl_vector\\.h)")
    file(READ ${CMAKE_MATCH_1} text)
    string(REGEX REPLACE "_GLIBCXX20_CONSTEXPR(\n *~)" "\\1" text "${text}")
    file(WRITE ${overlay} "${text}")
  endif()
endif()
include_directories(BEFORE SYSTEM ${CMAKE_BINARY_DIR}/libstdcxx)
