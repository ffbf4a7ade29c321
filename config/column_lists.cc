#include "config/column_lists.h"

#include <fmt/format.h>

#include <cstdlib>

#include "config/names.h"

namespace walferry {
namespace {

class ColumnLists {
 public:
    ColumnLists(const Settings& settings, ErrorLines& errors, const std::string& path,
                const std::map<std::string, std::string>& types)
        : settings_(settings), errors_(errors), path_(path), types_(types) {}

    std::vector<std::string> read(const std::string& list) {
        std::vector<std::string> names;
        const std::string list_path = path_ + "." + list;
        const Setting* setting = settings_.find(list_path);
        if (setting == nullptr) return names;
        if (setting->entries.empty())
            errors_.add(setting->line, list_path, "is empty, allowed: one column or several");
        for (const Setting::Entry& column : setting->entries) {
            if (const auto problem = problem_of(column.text, list))
                errors_.add(column.line, list_path, *problem);
            names.push_back(column.text);
        }
        return names;
    }

 private:
    std::optional<std::string> problem_of(const std::string& column, const std::string& list) {
        if (const auto problem = identifier_problem(column)) return problem;
        const auto [earlier, is_new] = lists_.emplace(column, list);
        if (!is_new) {
            return fmt::format("{} stands {} already, allowed: each column once, in one of the lists",
                               shown(column), earlier->second == list ? "here" : "in " + earlier->second);
        }
        if (!types_.contains(column)) return std::nullopt;
        return fmt::format("{} has a type under types, allowed: one of the two, for the target column is {}",
                           shown(column), list == "exclude_columns" ? "absent" : "text");
    }

    const Settings& settings_;
    ErrorLines& errors_;
    const std::string& path_;
    const std::map<std::string, std::string>& types_;
    std::map<std::string, std::string> lists_;  ///< column → the list that it stands in
};

}  // namespace

ColumnRules read_column_rules(const Settings& settings, ErrorLines& errors, const std::string& path,
                              const std::map<std::string, std::string>& types) {
    ColumnLists lists(settings, errors, path, types);
    ColumnRules rules;
    rules.excluded = lists.read("exclude_columns");
    rules.hashed = lists.read("hash_columns");
    rules.masked = lists.read("mask_columns");
    if (rules.hashed.empty()) return rules;
    const char* key = std::getenv(hash_key_variable);
    if (key != nullptr) rules.hash_key = key;
    if (rules.hash_key.empty()) {
        errors.add(settings.line(path + ".hash_columns"), path + ".hash_columns",
                   fmt::format("the environment variable {} is {}, allowed: the secret to hash with",
                               hash_key_variable, key == nullptr ? "not set" : "empty"));
    }
    return rules;
}

}  // namespace walferry
