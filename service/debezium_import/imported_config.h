#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "service/debezium_import/setting_ledger.h"

namespace walferry {

/// A rule of `tables`. Texts may be variables of walferry's configuration; empty: left out.
struct ImportedRule {
    std::string match = {};
    std::string mode = {};
    std::string table = {};
    std::vector<std::string> key = {};
    std::vector<std::string> exclude_columns = {};
    std::vector<std::string> hash_columns = {};
    std::vector<std::string> mask_columns = {};
    std::string on_delete = {};
    std::string on_truncate = {};
};

/// A section of single values, with a comment each (may be empty), and maps below it.
struct ImportedSection {
    struct Entry {
        std::string key;
        std::string value;  ///< YAML, as it is written
        std::string comment = {};
    };
    std::vector<Entry> entries;
    std::map<std::string, std::string> options;     ///< Debezium's, of a Kafka section
    std::map<std::string, std::string> properties;  ///< librdkafka's

    bool empty() const { return entries.empty(); }
    /// `text` is quoted as YAML wants it; ${…} in it stays a variable.
    void set(std::string key, const std::string& text, std::string comment = {});
    void set_yaml(std::string key, std::string yaml, std::string comment = {});
};

/// walferry's configuration, as far as a connector's tells. Empty sections are left out.
struct ImportedConfig {
    std::string pipeline;
    ImportedSection postgres_source;
    ImportedSection kafka_source;
    ImportedSection publish;
    ImportedSection postgres_warehouse;
    bool needs_warehouse = true;   ///< without postgres_warehouse: a DuckDB file as a placeholder
    std::string warehouse_schema;  ///< empty: left out
    std::vector<ImportedRule> rules;
    std::string dead_letter_topic;
    std::vector<ImportFinding> findings;
};

/// The configuration with the findings as comments.
std::string write_imported(const ImportedConfig& config);

/// `[a, b]`
std::string yaml_list(const std::vector<std::string>& texts);

}  // namespace walferry
