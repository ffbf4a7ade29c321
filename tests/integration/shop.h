#pragma once

#include <optional>
#include <string>

#include "tests/integration/ferry.h"

namespace walferry::testing {

enum class Target { DuckDb, Postgres };

inline const char* name_of(Target target) {
    return target == Target::DuckDb ? "DuckDB" : "PostgreSQL";
}

/// A source database `shop` and a pipeline of it into either warehouse, on one server of its own.
class Shop {
 public:
    explicit Shop(Target target, FerryOptions options = {}, PgClusterOptions source_options = {})
        : source(std::move(source_options)) {
        source.create_database("shop");
        if (target == Target::Postgres) {
            source.create_database("warehouse");
            options.warehouse.emplace(PgDatabase{source, "warehouse"});
        }
        ferry.emplace(source, "shop", std::move(options));
    }

    void sql(const std::string& statements) const { source.exec(statements, "shop"); }
    std::string value(const std::string& query) const { return source.value(query, "shop"); }

    PgCluster source;
    std::optional<Ferry> ferry;
};

}  // namespace walferry::testing
