# walferry_room(NAME SOURCES … [PUBLIC …] [PRIVATE …] [PRECOMPILE …])
#
# One static library a room, target walferry_NAME. PUBLIC: what its headers include; PRIVATE: what only its
# sources include. Headers are included by their path from the top of the repository ("model/lsn.h").
# PRECOMPILE: heavy headers of libraries that many of its sources include.
function(walferry_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC;PRIVATE;PRECOMPILE" ${ARGN})
    add_library(walferry_${name} STATIC ${ROOM_SOURCES})
    target_include_directories(walferry_${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(walferry_${name} PUBLIC ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE} walferry_warnings)
    walferry_unity(walferry_${name})
    target_precompile_headers(walferry_${name} PRIVATE ${WALFERRY_PRECOMPILED} ${ROOM_PRECOMPILE})
endfunction()

# Compiles the target's sources some at a time. Names in their anonymous namespaces are therefore unique among them.
function(walferry_unity target)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ${WALFERRY_UNITY} UNITY_BUILD_BATCH_SIZE 8)
endfunction()

# Half of a source's compile time is these; sources include what they use all the same.
set(WALFERRY_PRECOMPILED
    ${PROJECT_SOURCE_DIR}/cmake/precompiled.h
    <boost/outcome/std_result.hpp> <boost/outcome/try.hpp> <fmt/format.h> <fmt/ranges.h> <algorithm> <chrono>
    <functional> <map> <memory> <mutex> <optional> <string> <thread> <vector>)

add_library(walferry_warnings INTERFACE)
target_compile_options(walferry_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)

if(WALFERRY_SANITIZE)
    add_compile_options(-fsanitize=${WALFERRY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${WALFERRY_SANITIZE})
endif()
