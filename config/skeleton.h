#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace walferry {

/// What `walferry init` found out.
struct SkeletonInput {
    struct Rule {
        std::string match;             ///< a glob; quote_glob makes one of a raw name
        std::string comment;           ///< above the rule; may be empty or have several lines
        std::vector<std::string> key;  ///< empty: the source's own
    };
    struct Exclusion {
        std::string table;   ///< raw schema.table
        std::string reason;  ///< one line or several
    };

    std::string pipeline;
    /// Both connections are written as they are: the caller keeps passwords out, and may write `${NAME}` in
    /// their place, which is expanded when the file is loaded.
    std::string source_connection;
    std::string duckdb_path;            ///< empty: the warehouse is PostgreSQL
    std::string warehouse_connection;   ///< used without duckdb_path
    std::vector<Rule> rules;            ///< empty: one for every table
    std::vector<Exclusion> exclusions;  ///< tables that cannot be followed, named in a comment
};

/// A commented configuration that parse_config accepts when pipeline, connections and globs are good.
std::string write_skeleton(const SkeletonInput& input);

/// A YAML scalar that reads back as exactly `text`, plain where that is safe, else in double quotes.
std::string yaml_scalar(std::string_view text);

}  // namespace walferry
