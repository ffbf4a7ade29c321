#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "capture/source_catalog.h"
#include "config/config.h"
#include "config/connection.h"
#include "config/glob.h"
#include "config/names.h"
#include "config/skeleton.h"
#include "service/commands/commands.h"
#include "service/connection_text.h"
#include "service/new_file.h"

namespace walferry {
namespace {

constexpr const char* source_password = "WALFERRY_SOURCE_PASSWORD";
constexpr const char* warehouse_password = "WALFERRY_WAREHOUSE_PASSWORD";

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

std::optional<std::string> usage_problem(const InitCommand& command) {
    if (const auto problem = connection_problem(command.source)) return "--source " + *problem;
    if (command.warehouse.empty()) return "--warehouse is empty, allowed: a DuckDB file, or a PostgreSQL URL";
    if (is_postgres_connection(command.warehouse)) {
        if (const auto problem = connection_problem(command.warehouse)) return "--warehouse " + *problem;
    }
    for (const std::string& glob : command.tables) {
        if (const auto problem = glob_problem(glob)) return "--tables " + *problem;
    }
    return std::nullopt;
}

std::string connection_without_password(const std::string& connection, const char* variable) {
    const ConnectionText text = replace_password(connection, fmt::format("${{{}}}", variable));
    if (text.had_password) {
        fmt::print(stderr,
                   "walferry: the password is not written: the configuration takes it from the environment "
                   "variable {} "
                   "(as it stood in the URL). Or remove it from the connection and use PGPASSFILE.\n",
                   variable);
    }
    return text.text;
}

std::string table_count(std::size_t count) {
    return fmt::format("{} {} now", count, count == 1 ? "table" : "tables");
}

std::vector<SkeletonInput::Rule> rules_by_schema(const std::vector<CandidateTable>& candidates) {
    std::map<std::string, std::size_t> usable;
    for (const CandidateTable& table : candidates) {
        if (table.usable_identity) ++usable[table.schema];
    }
    std::vector<SkeletonInput::Rule> rules;
    for (const auto& [schema, count] : usable)
        rules.push_back({quote_glob(schema) + ".*", table_count(count), {}});
    return rules;
}

std::vector<SkeletonInput::Rule> rules_by_glob(const std::vector<std::string>& globs,
                                               const std::vector<CandidateTable>& candidates) {
    std::vector<SkeletonInput::Rule> rules;
    std::set<std::string> seen;
    for (const std::string& glob : globs) {
        if (!seen.insert(glob).second) continue;
        const auto count =
            std::count_if(candidates.begin(), candidates.end(), [&](const CandidateTable& table) {
                return table.usable_identity && glob_matches(glob, table.schema + "." + table.name);
            });
        if (count == 0) fmt::print(stderr, "walferry: {} matches no table that can be followed\n", glob);
        rules.push_back({glob, table_count(static_cast<std::size_t>(count)), {}});
    }
    return rules;
}

void add_tables(const InitCommand& command, const std::vector<CandidateTable>& candidates,
                SkeletonInput& input) {
    input.rules =
        command.tables.empty() ? rules_by_schema(candidates) : rules_by_glob(command.tables, candidates);
    for (const CandidateTable& table : candidates) {
        const std::string name = table.schema + "." + table.name;
        const bool asked_for = command.tables.empty() ||
                               std::any_of(command.tables.begin(), command.tables.end(),
                                           [&](const std::string& glob) { return glob_matches(glob, name); });
        if (!table.usable_identity && asked_for) input.exclusions.push_back({name, table.identity_problem});
    }
}

Result<SkeletonInput> look_at_source(const InitCommand& command) {
    WALFERRY_TRY(catalog, connect_source_catalog(command.source));
    WALFERRY_TRY(identity, catalog->identity());
    WALFERRY_TRY(settings, catalog->settings());
    WALFERRY_TRY(candidates, catalog->candidates());
    if (settings.wal_level != "logical") {
        fmt::print(stderr,
                   "walferry: the source runs with wal_level={}; before `run`: ALTER SYSTEM SET wal_level = "
                   "logical, "
                   "and restart it\n",
                   settings.wal_level);
    }
    SkeletonInput input;
    input.pipeline = pipeline_name_from(identity.database);
    input.source_connection = connection_without_password(command.source, source_password);
    if (is_postgres_connection(command.warehouse)) {
        input.warehouse_connection = connection_without_password(command.warehouse, warehouse_password);
    } else {
        input.duckdb_path = command.warehouse;
    }
    add_tables(command, candidates, input);
    return input;
}

}  // namespace

ExitCode run_init(const InitCommand& command) {
    if (const auto problem = usage_problem(command)) {
        fmt::print(stderr, "walferry: {}\n", *problem);
        return ExitCode::Usage;
    }
    // Before anything else is asked: an existing file stays as it is.
    if (!command.output.empty() && File(std::fopen(command.output.c_str(), "r"), &std::fclose) != nullptr) {
        fmt::print(stderr, "walferry: {} exists already, and is left as it is\n", command.output);
        return ExitCode::Usage;
    }
    const auto input = look_at_source(command);
    if (!input) return fail_with(input.error(), "");
    const std::string text = write_skeleton(input.value());
    if (command.output.empty()) {
        fmt::print("{}", text);
        return ExitCode::Done;
    }
    if (const Status written = write_new_file(command.output, text); !written)
        return fail_with(written.error(), "");
    fmt::print(stderr, "walferry: wrote {0}; next: `walferry check {0}`, then `walferry run {0}`\n",
               command.output);
    return ExitCode::Done;
}

}  // namespace walferry
