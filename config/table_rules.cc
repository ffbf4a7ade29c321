#include "config/table_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/column_lists.h"
#include "config/contract_rules.h"
#include "config/glob.h"
#include "config/names.h"

namespace walferry {
namespace {

std::string default_table(TableMode mode) {
    switch (mode) {
        case TableMode::Upsert:
            return "{table}";
        case TableMode::Scd2:
            return "{table}_history";
        case TableMode::Append:
            return "{table}_changes";
    }
    return {};
}

class RuleReader {
 public:
    RuleReader(const Settings& settings, ErrorLines& errors, std::string path)
        : settings_(settings), errors_(errors), path_(std::move(path)) {}

    TableRule read() {
        rule_.line = settings_.line(path_);
        read_match();
        read_targets();
        read_columns();
        rule_.contract = read_contract(settings_, errors_, path_);
        if (const Setting* metadata = settings_.find(path_ + ".metadata"))
            rule_.metadata = metadata->number != 0;
        read_removals();
        return std::move(rule_);
    }

 private:
    void read_match();
    void read_targets();
    void read_target(const std::string& path);
    void read_history(const std::string& path, TargetConfig& target);
    void read_removals();
    void read_columns();
    std::map<std::string, std::string> read_map(const std::string& path, std::string_view value_meaning);
    void check_new_names(const std::string& path);

    const Settings& settings_;
    ErrorLines& errors_;
    std::string path_;
    TableRule rule_;
};

void RuleReader::read_match() {
    const Setting* match = settings_.find(path_ + ".match");
    if (match == nullptr) return;
    rule_.match = match->text;
    if (const auto problem = glob_problem(rule_.match)) errors_.add(match->line, path_ + ".match", *problem);
}

void RuleReader::read_targets() {
    if (!settings_.has(path_ + ".targets")) {
        read_target(path_);
        const bool needs_kind = settings_.has("warehouse") && settings_.has(path_ + ".match");
        if (!needs_kind || settings_.has(path_ + ".mode")) return;
        errors_.add(rule_.line, path_, "has none of its kinds, allowed: exactly one of mode, targets");
        return;
    }
    if (settings_.has(path_ + ".table") && !settings_.has(path_ + ".mode")) {
        errors_.add(settings_.line(path_ + ".table"), path_ + ".table",
                    "stands beside targets, allowed: table inside of each target");
    }
    for (const char* key : {"track", "names", "first_valid_from"}) {
        const std::string key_path = path_ + "." + key;
        if (!settings_.has(key_path)) continue;
        errors_.add(settings_.line(key_path), key_path,
                    fmt::format("stands beside targets, allowed: {} inside of a target", key));
    }
    for (std::size_t number = 0; number < settings_.count(path_ + ".targets"); ++number) {
        read_target(fmt::format("{}.targets[{}]", path_, number));
    }
}

void RuleReader::read_target(const std::string& path) {
    TargetConfig target;
    const Setting* mode = settings_.find(path + ".mode");
    if (mode != nullptr && mode->text == "scd2") target.mode = TableMode::Scd2;
    if (mode != nullptr && mode->text == "append") target.mode = TableMode::Append;
    target.table = default_table(target.mode);
    const std::string table_path = path + ".table";
    if (const Setting* table = settings_.find(table_path)) {
        target.table = table->text;
        const auto problem = template_problem(target.table, {"{table}", "{schema}"});
        if (problem) errors_.add(table->line, table_path, *problem);
    }
    read_history(path, target);
    if (mode == nullptr) return;
    for (const TargetConfig& earlier : rule_.targets) {
        if (earlier.table != target.table) continue;
        errors_.add(
            settings_.line(table_path), table_path,
            fmt::format("the same target twice, {}, allowed: another table for each target", target.table));
        return;
    }
    rule_.targets.push_back(std::move(target));
}

void RuleReader::read_history(const std::string& path, TargetConfig& target) {
    for (const char* key : {"track", "names", "first_valid_from"}) {
        const std::string key_path = path + "." + key;
        if (!settings_.has(key_path) || target.mode == TableMode::Scd2) continue;
        errors_.add(settings_.line(key_path), key_path,
                    "belongs to a target of mode scd2, allowed: without it");
    }
    if (const Setting* track = settings_.find(path + ".track")) {
        if (track->entries.empty())
            errors_.add(track->line, path + ".track", "is empty, allowed: one column or several");
        for (const Setting::Entry& column : track->entries) target.track.push_back(column.text);
    }
    const std::pair<const char*, std::string*> names[] = {{"valid_from", &target.names.valid_from},
                                                          {"valid_to", &target.names.valid_to},
                                                          {"is_current", &target.names.is_current}};
    for (const auto& [key, name] : names) {
        const std::string name_path = fmt::format("{}.names.{}", path, key);
        const Setting* setting = settings_.find(name_path);
        if (setting == nullptr) continue;
        if (const auto problem = identifier_problem(setting->text))
            errors_.add(setting->line, name_path, *problem);
        *name = setting->text;
    }
    if (const Setting* first = settings_.find(path + ".first_valid_from"))
        target.valid_from_beginning = first->text == "beginning";
}

void RuleReader::read_removals() {
    if (const Setting* on_delete = settings_.find(path_ + ".on_delete")) {
        if (on_delete->text == "soft") rule_.on_delete = OnDelete::Soft;
        if (on_delete->text == "ignore") rule_.on_delete = OnDelete::Ignore;
    }
    if (const Setting* on_truncate = settings_.find(path_ + ".on_truncate"))
        rule_.applies_truncate = on_truncate->text == "apply";
    const Setting* on_drop = settings_.find(path_ + ".on_drop");
    if (on_drop != nullptr && on_drop->text == "drop") rule_.on_drop = OnDrop::Drop;
    const Setting* on_rewrite = settings_.find(path_ + ".on_rewrite");
    if (on_rewrite != nullptr && on_rewrite->text == "stop") rule_.on_rewrite = OnRewrite::Stop;
}

void RuleReader::read_columns() {
    const std::string key_path = path_ + ".key";
    if (const Setting* key = settings_.find(key_path)) {
        if (key->entries.empty())
            errors_.add(key->line, key_path, "is empty, allowed: one column or several");
        for (const Setting::Entry& column : key->entries) {
            const bool twice = std::find(rule_.key.begin(), rule_.key.end(), column.text) != rule_.key.end();
            if (twice) {
                errors_.add(
                    column.line, key_path,
                    fmt::format("{} stands there twice, allowed: each column once", shown(column.text)));
            }
            if (const auto problem = identifier_problem(column.text))
                errors_.add(column.line, key_path, *problem);
            rule_.key.push_back(column.text);
        }
    }
    rule_.rename_columns = read_map(path_ + ".rename_columns", "a column's name");
    check_new_names(path_ + ".rename_columns");
    rule_.types = read_map(path_ + ".types", "an SQL type");
    rule_.columns = read_column_rules(settings_, errors_, path_, rule_.types);
}

std::map<std::string, std::string> RuleReader::read_map(const std::string& path,
                                                        std::string_view value_meaning) {
    std::map<std::string, std::string> values;
    const Setting* setting = settings_.find(path);
    if (setting == nullptr) return values;
    for (const Setting::Entry& entry : setting->entries) {
        if (entry.text.empty()) {
            errors_.add(entry.line, path + "." + entry.name,
                        fmt::format("is empty, allowed: {}", value_meaning));
        }
        values[entry.name] = entry.text;
    }
    return values;
}

void RuleReader::check_new_names(const std::string& path) {
    const Setting* setting = settings_.find(path);
    if (setting == nullptr) return;
    std::map<std::string, std::string> old_names;
    for (const Setting::Entry& entry : setting->entries) {
        if (entry.text.empty()) continue;
        const std::string entry_path = path + "." + entry.name;
        if (const auto problem = identifier_problem(entry.text))
            errors_.add(entry.line, entry_path, *problem);
        const auto [earlier, is_new] = old_names.emplace(entry.text, entry.name);
        if (is_new) continue;
        errors_.add(entry.line, entry_path,
                    fmt::format("{} is the new name of {} already, allowed: another name for each column",
                                shown(entry.text), shown(earlier->second)));
    }
}

}  // namespace

std::vector<TableRule> read_table_rules(const Settings& settings, ErrorLines& errors) {
    std::vector<TableRule> rules;
    std::map<std::string, int> lines;
    for (std::size_t number = 0; number < settings.count("tables"); ++number) {
        const std::string path = fmt::format("tables[{}]", number);
        TableRule rule = RuleReader(settings, errors, path).read();
        const std::string match_path = path + ".match";
        const auto [earlier, is_new] = lines.emplace(rule.match, settings.line(match_path));
        if (!is_new && settings.find(match_path) != nullptr) {
            errors.add(settings.line(match_path), match_path,
                       fmt::format("the same match twice, first in line {}, allowed: each glob once",
                                   earlier->second));
        }
        rules.push_back(std::move(rule));
    }
    return rules;
}

}  // namespace walferry
