#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "tests/support/catch.h"

/// Configurations and what is said of them.
namespace walferry {

inline std::string error_of(const std::string& text, const std::string& name = "f.yaml") {
    const auto config = parse_config(text, name);
    if (config) return "no error";
    CHECK(config.error().kind == ErrorKind::Configuration);
    return config.error().message;
}

/// Lines 1 to 3 of a good file; the case goes on in line 4.
inline const std::string head =
    "source: { postgres: { connection: dbname=shop } }\n"
    "warehouse: { duckdb: { path: shop.duckdb } }\n"
    "tables: [ { match: '*', mode: upsert } ]\n";

/// The same without tables: the case goes on in line 3.
inline const std::string head_without_tables =
    "source: { postgres: { connection: dbname=shop } }\n"
    "warehouse: { duckdb: { path: shop.duckdb } }\n";

inline const std::string tail = "tables: [ { match: '*', mode: upsert } ]\n";

struct Case {
    std::string yaml;
    std::string error;
};

inline void check_cases(const std::vector<Case>& cases) {
    for (const Case& each : cases) {
        CAPTURE(each.yaml);
        CHECK(error_of(each.yaml) == each.error);
    }
}

}  // namespace walferry
