#include "service/debezium_import/imported_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/skeleton.h"

namespace walferry {
namespace {

std::string section_text(std::string_view head, const ImportedSection& section) {
    if (section.empty()) return {};
    std::string text = fmt::format("  {}:\n", head);
    for (const auto& [key, value, comment] : section.entries) {
        text += fmt::format("    {}: {}{}\n", key, value, comment.empty() ? "" : "   # " + comment);
    }
    const std::pair<const char*, const std::map<std::string, std::string>*> maps[] = {
        {"options", &section.options}, {"properties", &section.properties}};
    for (const auto& [name, map] : maps) {
        if (!map->empty()) text += fmt::format("    {}:\n", name);
        for (const auto& [key, value] : *map) text += fmt::format("      {}: {}\n", key, yaml_scalar(value));
    }
    return text;
}

std::string warehouse_text(const ImportedConfig& config) {
    if (!config.needs_warehouse) return {};
    std::string text = "\nwarehouse:\n" + section_text("postgres", config.postgres_warehouse);
    if (config.postgres_warehouse.empty()) {
        text += fmt::format("  duckdb:   # or postgres, with a connection\n    path: {}\n",
                            yaml_scalar(config.pipeline + ".duckdb"));
    }
    if (!config.warehouse_schema.empty())
        text += fmt::format("  schema: {}\n", yaml_scalar(config.warehouse_schema));
    return text;
}

std::string rule_text(const ImportedRule& rule) {
    std::string text = fmt::format("  - match: {}\n", yaml_scalar(rule.match));
    const auto add = [&text](const char* key, const std::string& value) {
        if (!value.empty()) text += fmt::format("    {}: {}\n", key, yaml_scalar(value));
    };
    const auto add_list = [&text](const char* key, const std::vector<std::string>& values) {
        if (!values.empty()) text += fmt::format("    {}: {}\n", key, yaml_list(values));
    };
    add("mode", rule.mode);
    add("table", rule.table);
    add_list("key", rule.key);
    add_list("exclude_columns", rule.exclude_columns);
    add_list("hash_columns", rule.hash_columns);
    add_list("mask_columns", rule.mask_columns);
    add("on_delete", rule.on_delete);
    add("on_truncate", rule.on_truncate);
    return text;
}

std::string findings_comment(const ImportedConfig& config, ImportFinding::Kind kind, std::string_view title) {
    std::string text;
    for (const ImportFinding& finding : config.findings) {
        if (finding.kind != kind) continue;
        std::string line = fmt::format("{}: {}", finding.key, finding.text);
        std::replace_if(
            line.begin(), line.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0x20; }, ' ');
        text += fmt::format("#   {}\n", line);
    }
    return text.empty() ? text : fmt::format("#\n# {}:\n{}", title, text);
}

}  // namespace

void ImportedSection::set(std::string key, const std::string& text, std::string comment) {
    set_yaml(std::move(key), yaml_scalar(text), std::move(comment));
}

void ImportedSection::set_yaml(std::string key, std::string yaml, std::string comment) {
    entries.push_back({std::move(key), std::move(yaml), std::move(comment)});
}

std::string yaml_list(const std::vector<std::string>& texts) {
    std::string list;
    for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + yaml_scalar(text);
    return "[" + list + "]";
}

std::string write_imported(const ImportedConfig& config) {
    std::string text =
        "# Made of a connector's configuration by `walferry import-debezium`.\n"
        "# `walferry check` looks at this file and at the servers without changing anything.\n";
    using Kind = ImportFinding::Kind;
    text += findings_comment(config, Kind::NoCounterpart, "Without counterpart here");
    text += findings_comment(config, Kind::Changed, "Taken over, and to be known");
    text += findings_comment(config, Kind::Needless, "Needless here");
    text += fmt::format("\npipeline: {}\n\nsource:\n", yaml_scalar(config.pipeline));
    text += section_text("postgres", config.postgres_source) + section_text("kafka", config.kafka_source);
    if (!config.publish.empty()) text += "\npublish:\n" + section_text("kafka", config.publish);
    text += warehouse_text(config);
    text += "\n# The first rule that matches a table counts. Globs see the raw schema.table.\ntables:\n";
    for (const ImportedRule& rule : config.rules) text += rule_text(rule);
    if (!config.dead_letter_topic.empty())
        text += fmt::format("\ndead_letters:\n  topic: {}\n", yaml_scalar(config.dead_letter_topic));
    return text;
}

}  // namespace walferry
