# lakehold_room(NAME DEPS room... LIBS target... DEFINES macro... TEST_LIBS target... EXCLUDE regex)
#   src/NAME/*.cc         -> static library lakehold_NAME (position independent, hidden visibility); main.cc is left out
#   src/NAME/*_test.cc    -> executable NAME_test, one ctest entry a test case, labelled `unit`
# DEPS are rooms on lower floors, LIBS outside libraries, EXCLUDE names sources that are built elsewhere. A room without
# sources is an empty INTERFACE library.
# lakehold_tests(DIR LIBS target...): tests/DIR/*_test.cc -> executable DIR_tests, labelled DIR.
include(GoogleTest)

# lakehold_compile_options(TARGET): warnings as everywhere in the house, and the two include roots.
function(lakehold_compile_options target)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wnon-virtual-dtor -Woverloaded-virtual -Wvla -Wcast-align -Wextra-semi)
  if(LAKEHOLD_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # Flow-based guesses that misfire inside libstdc++ and change with every compiler: shown, never fatal.
      target_compile_options(${target} PRIVATE
        -Wno-maybe-uninitialized -Wno-error=restrict -Wno-error=stringop-overflow -Wno-error=stringop-overread
        -Wno-error=array-bounds -Wno-error=free-nonheap-object -Wno-error=null-dereference)
      if(CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
        target_compile_options(${target} PRIVATE -Wno-error=dangling-reference)
      endif()
    endif()
  endif()
endfunction()

function(lakehold_gtest target label)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${target} PRIVATE LAKEHOLD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  lakehold_compile_options(${target})
  gtest_discover_tests(${target} TEST_PREFIX "${target}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    WORKING_DIRECTORY ${CMAKE_BINARY_DIR} PROPERTIES
    LABELS ${label} TIMEOUT ${LAKEHOLD_TEST_TIMEOUT}
    ENVIRONMENT "LAKEHOLD_ENGINE=${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/liblakehold_engine.so")
endfunction()

function(lakehold_room name)
  cmake_parse_arguments(ARG "" "EXCLUDE" "DEPS;LIBS;DEFINES;TEST_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  if(ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${ARG_EXCLUDE}")
  endif()
  list(TRANSFORM ARG_DEPS PREPEND lakehold_ OUTPUT_VARIABLE deps)

  if(sources)
    add_library(lakehold_${name} STATIC ${sources})
    set_target_properties(lakehold_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_include_directories(lakehold_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
    target_compile_definitions(lakehold_${name} PRIVATE ${ARG_DEFINES})
    target_link_libraries(lakehold_${name} PUBLIC ${deps} ${ARG_LIBS})
    lakehold_compile_options(lakehold_${name})
  else()
    add_library(lakehold_${name} INTERFACE)
    target_include_directories(lakehold_${name} INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(lakehold_${name} INTERFACE ${deps} ${ARG_LIBS})
  endif()

  if(tests AND LAKEHOLD_TESTS)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE
      lakehold_${name} ${ARG_TEST_LIBS} lakehold_test_support GTest::gtest GTest::gtest_main)
    lakehold_gtest(${name}_test unit)
  endif()
endfunction()

function(lakehold_tests dir)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${dir}/*.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${dir}_tests ${sources})
  target_link_libraries(${dir}_tests PRIVATE
    ${ARG_LIBS} lakehold_test_support GTest::gtest GTest::gtest_main)
  lakehold_gtest(${dir}_tests ${dir})
endfunction()
