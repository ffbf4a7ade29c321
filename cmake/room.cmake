# walferry_room(NAME SOURCES … [PUBLIC …] [PRIVATE …])
#
# One static library a room, target walferry_NAME. PUBLIC: what its headers include; PRIVATE: what only its
# sources include. Headers are included by their path from the top of the repository ("model/lsn.h").
function(walferry_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(walferry_${name} STATIC ${ROOM_SOURCES})
    target_include_directories(walferry_${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(walferry_${name} PUBLIC ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE} walferry_warnings)
    # Half of a source's compile time is these; sources include what they use all the same.
    target_precompile_headers(walferry_${name} PRIVATE
        <boost/outcome.hpp> <boost/outcome/try.hpp> <fmt/format.h> <map> <memory> <optional> <string> <vector>)
endfunction()

add_library(walferry_warnings INTERFACE)
target_compile_options(walferry_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)

if(WALFERRY_SANITIZE)
    add_compile_options(-fsanitize=${WALFERRY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${WALFERRY_SANITIZE})
endif()
