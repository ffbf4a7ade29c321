# cmake -D OUTPUT=… -D FOLDER=… -D "FILES=a.js b.css" -P embed.cmake: writes the source of console_assets().
# index.html is served as /, the others under /console/.
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(entries "")
separate_arguments(FILES UNIX_COMMAND "${FILES}")
foreach(name IN LISTS FILES)
    file(READ "${FOLDER}/${name}" content)
    string(FIND "${content}" ")asset\"" end)
    if(NOT end EQUAL -1)
        message(FATAL_ERROR "${name} holds what ends a raw string of this source")
    endif()
    string(REGEX REPLACE ".*\\." "" kind "${name}")
    set(path "/console/${name}")
    if(name STREQUAL "index.html")
        set(path "/")
    endif()
    string(APPEND entries "    {\"${path}\", \"${type_${kind}}\",\nR\"asset(${content})asset\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"service/console/console_assets.h\"

namespace walferry {
namespace {

constexpr ConsoleAsset assets[] = {
${entries}};

}  // namespace

std::span<const ConsoleAsset> console_assets() {
    return assets;
}

}  // namespace walferry
")
