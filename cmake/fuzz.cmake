# tests/fuzz/NAME_fuzz.cc -> fuzz_NAME, a libFuzzer program. The rooms below it are compiled with the coverage it needs by
# the flags of the preset `fuzz`; only the program itself is linked with libFuzzer's main. ./dev fuzz runs them.
file(GLOB targets CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*_fuzz.cc)
foreach(source ${targets})
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" name ${name})
  add_executable(fuzz_${name} ${source})
  target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(fuzz_${name} PRIVATE LAKEHOLD_FUZZER)
  target_link_libraries(fuzz_${name} PRIVATE lakehold_txn)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  lakehold_compile_options(fuzz_${name})
endforeach()
