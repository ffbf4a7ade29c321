#include "tests/integration/clear_text.h"

#include <fmt/format.h>

#include <filesystem>

namespace walferry::testing {

namespace {

std::string hex_of(const std::string& text) {
    std::string hex;
    for (const char letter : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(letter));
    return hex;
}

bool holds(const std::string& text, const std::string& clear) {
    return text.find(clear) != std::string::npos || text.find(hex_of(clear)) != std::string::npos;
}

std::string dump_of(const Shop& shop) {
    const Completed dumped =
        run({.command = {shop.source.bin() / "pg_dump", "-d", shop.source.url("warehouse")}});
    return dumped.exit == Exit{} ? dumped.out : throw std::runtime_error("pg_dump: " + dumped.err);
}

std::string place_in_duckdb(const Shop& shop, const std::string& clear) {
    const DuckDbFile file(shop.ferry->duckdb_path());
    for (const Row& table : file.rows("SELECT schema_name, table_name FROM duckdb_tables()")) {
        const std::string name = fmt::format("\"{}\".\"{}\"", table[0].value(), table[1].value());
        for (const Row& row : file.rows("SELECT * FROM " + name)) {
            for (const auto& value : row) {
                if (value && holds(*value, clear)) return name;
            }
        }
    }
    return {};
}

}  // namespace

std::string place_of(const Shop& shop, Target target, const std::string& clear) {
    if (holds(shop.ferry->log(), clear)) return "the log";
    if (target == Target::Postgres) return holds(dump_of(shop), clear) ? "the warehouse's dump" : "";
    for (const auto& entry : std::filesystem::directory_iterator(shop.ferry->dir())) {
        const bool is_warehouse = entry.path().string().find("duckdb") != std::string::npos;
        if (is_warehouse && entry.is_regular_file() && holds(read_file(entry.path()), clear))
            return entry.path().filename();
    }
    return shop.ferry->running() ? "" : place_in_duckdb(shop, clear);
}

}  // namespace walferry::testing
