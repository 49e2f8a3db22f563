# DuckDB 1.5.6, private and renamed: the target lakehold::duckdb, headers as SYSTEM, library liblakehold_duckdb.so.
# Looked for in this order: -DLAKEHOLD_DUCKDB_ROOT (or the environment variable), find_package(DuckDB 1.5.6 EXACT) with the
# Parquet headers beside it, <repository>/.deps/duckdb-1.5.6, which tools/get_duckdb.sh fills when it is not there.
# The C++ API is not stable, so no other version will do. Never define DEBUG or _GLIBCXX_DEBUG: they change its layouts.
set(LAKEHOLD_DUCKDB_VERSION 1.5.6)
set(LAKEHOLD_DUCKDB_ROOT "$ENV{LAKEHOLD_DUCKDB_ROOT}" CACHE PATH
  "Folder with DuckDB ${LAKEHOLD_DUCKDB_VERSION}: a source tree or what tools/get_duckdb.sh makes, with lib/")

set(duckdb_root "${LAKEHOLD_DUCKDB_ROOT}")
if(NOT duckdb_root)
  find_package(DuckDB ${LAKEHOLD_DUCKDB_VERSION} EXACT QUIET CONFIG)
  if(DuckDB_FOUND)
    get_filename_component(installed "${DuckDB_DIR}/../../.." ABSOLUTE)
    if(EXISTS "${installed}/extension/parquet/include/parquet_reader.hpp")
      set(duckdb_root "${installed}")
    endif()
  endif()
endif()
if(NOT duckdb_root)
  set(duckdb_root ${PROJECT_SOURCE_DIR}/.deps/duckdb-${LAKEHOLD_DUCKDB_VERSION})
  if(NOT EXISTS "${duckdb_root}/.ok-${LAKEHOLD_DUCKDB_VERSION}")
    execute_process(COMMAND ${PROJECT_SOURCE_DIR}/tools/get_duckdb.sh "${duckdb_root}" RESULT_VARIABLE failed)
    if(failed)
      message(FATAL_ERROR "DuckDB ${LAKEHOLD_DUCKDB_VERSION} could not be fetched; give it with -DLAKEHOLD_DUCKDB_ROOT=<folder>")
    endif()
  endif()
endif()

set(duckdb_includes)
foreach(folder src/include include extension/parquet/include third_party third_party/parquet third_party/thrift
        third_party/fastpforlib third_party/mbedtls/include third_party/lz4 third_party/snappy third_party/zstd/include
        third_party/brotli/include)
  if(IS_DIRECTORY "${duckdb_root}/${folder}")
    list(APPEND duckdb_includes "${duckdb_root}/${folder}")
  endif()
endforeach()
find_file(duckdb_header duckdb.hpp PATHS ${duckdb_includes} NO_DEFAULT_PATH NO_CACHE)
if(NOT duckdb_header)
  message(FATAL_ERROR "No duckdb.hpp under LAKEHOLD_DUCKDB_ROOT=${duckdb_root} (looked in include and src/include)")
endif()

# One copy beside our own libraries in lib/, so that the RUNPATH $ORIGIN finds it in the build tree, the wheel and an install.
set(LAKEHOLD_DUCKDB_LIBRARY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/liblakehold_duckdb.so)
find_file(duckdb_given NAMES liblakehold_duckdb.so libduckdb.so PATHS "${duckdb_root}/lib" "${duckdb_root}"
  NO_DEFAULT_PATH NO_CACHE)
if(NOT duckdb_given)
  message(FATAL_ERROR "No libduckdb.so or liblakehold_duckdb.so in ${duckdb_root}/lib")
endif()
if("${duckdb_given}" IS_NEWER_THAN "${LAKEHOLD_DUCKDB_LIBRARY}")
  if(duckdb_given MATCHES "liblakehold_duckdb.so$")
    file(COPY "${duckdb_given}" DESTINATION ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
  else()
    execute_process(COMMAND ${PROJECT_SOURCE_DIR}/tools/get_duckdb.sh --rename "${duckdb_given}" "${LAKEHOLD_DUCKDB_LIBRARY}"
      COMMAND_ERROR_IS_FATAL ANY)
  endif()
endif()

add_library(lakehold_duckdb SHARED IMPORTED)
add_library(lakehold::duckdb ALIAS lakehold_duckdb)
set_target_properties(lakehold_duckdb PROPERTIES
  IMPORTED_LOCATION ${LAKEHOLD_DUCKDB_LIBRARY} IMPORTED_SONAME liblakehold_duckdb.so)
target_include_directories(lakehold_duckdb SYSTEM INTERFACE ${duckdb_includes})
message(STATUS "DuckDB ${LAKEHOLD_DUCKDB_VERSION}: ${duckdb_root}")
