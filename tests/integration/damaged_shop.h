#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/duckdb_file.h"
#include "tests/integration/shop.h"
#include "tests/support/catch.h"

namespace walferry::testing {

/// A shop whose warehouse is damaged by hand while nothing runs.
struct DamagedShop : Shop {
    explicit DamagedShop(Target of_target, FerryOptions options = {})
        : Shop(of_target, std::move(options)), target(of_target) {}

    void copy() const {
        const Completed caught_up = ferry->catch_up();
        INFO(caught_up.err);
        REQUIRE(caught_up.exit == Exit{0, 0});
    }
    void damage(const std::string& statements) const {
        if (target == Target::DuckDb) {
            duckdb_execute(ferry->duckdb_path(), statements);
        } else {
            source.exec(statements, "warehouse");
        }
    }
    /// Until the service itself says that it streams: before it is there, `status` reads the warehouse.
    void start() {
        ferry->start();
        REQUIRE(eventually([&] {
            const nlohmann::json status = ferry->status();
            return status.is_object() && status.value("state", "") == "streaming";
        }));
    }
    Completed verify(const std::vector<std::string>& arguments = {}) const {
        return ferry->command("verify", arguments);
    }
    Target target;
};

using Lines = std::vector<std::string>;

inline Lines sorted_lines(const std::string& text) {
    Lines lines;
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        lines.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

}  // namespace walferry::testing
