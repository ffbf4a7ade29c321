# Debian's packages, and DuckDB's library as scripts/deps unpacks it (or the user's own: -DDUCKDB_ROOT=…).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.74 CONFIG REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-cpp)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
# Debian 13's header has code in it that calls OpenSSL.
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib openssl)

set(DUCKDB_ROOT "" CACHE PATH "Folder that holds duckdb.h and libduckdb.so (or include/ and lib/)")
find_path(DUCKDB_INCLUDE_DIR duckdb.h
    HINTS ${DUCKDB_ROOT} ${DUCKDB_ROOT}/include ${PROJECT_SOURCE_DIR}/.deps/duckdb REQUIRED)
find_library(DUCKDB_LIBRARY duckdb
    HINTS ${DUCKDB_ROOT} ${DUCKDB_ROOT}/lib ${PROJECT_SOURCE_DIR}/.deps/duckdb REQUIRED)
add_library(DuckDB::DuckDB SHARED IMPORTED)
set_target_properties(DuckDB::DuckDB PROPERTIES
    IMPORTED_LOCATION ${DUCKDB_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${DUCKDB_INCLUDE_DIR})
if(WALFERRY_TESTS)
    find_package(rapidcheck REQUIRED)
endif()
