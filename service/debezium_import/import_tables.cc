#include <fmt/format.h>

#include <algorithm>

#include "config/config.h"
#include "config/glob.h"
#include "service/debezium_import/import_parts.h"
#include "service/debezium_import/table_globs.h"

namespace walferry::importing {
namespace {

/// Matches nothing until a person has filled it in.
constexpr const char* table_placeholder = "FILL_IN.*";

/// The globs of a list; items that no glob can say are named, with what follows from it.
std::vector<std::string> globs_of_list(SettingLedger& ledger, const std::string& key, int dots,
                                       std::string_view consequence = {}) {
    std::vector<std::string> globs;
    const auto list = ledger.take_raw(key);
    for (const std::string& item : split_regex_list(list.value_or(""))) {
        auto translated = globs_of_regex(item, dots);
        if (translated && std::any_of(translated->begin(), translated->end(), [&](const std::string& glob) {
                return glob_problem(dots > 0 ? glob : glob + ".*").has_value();
            }))
            translated.reset();
        if (!translated) {
            ledger.no_counterpart(key, fmt::format("{} can't be said by globs{}", item, consequence));
            continue;
        }
        const bool upper = std::any_of(item.begin(), item.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
        if (upper) ledger.changed(key, fmt::format("{} matches with regard to upper and lower case", item));
        globs.insert(globs.end(), translated->begin(), translated->end());
    }
    return globs;
}

std::string schema_of_glob(const std::string& glob) {
    return glob.substr(0, glob.find('.'));
}

/// Of the tables those in the schemas; both lists count, as with Debezium.
std::vector<std::string> within_schemas(SettingLedger& ledger, const std::vector<std::string>& tables,
                                        const std::vector<std::string>& schemas) {
    std::vector<std::string> within;
    for (const std::string& table : tables) {
        const auto schema = literal_of_glob(schema_of_glob(table));
        const bool known = schema && table.find('.') != std::string::npos;
        if (!known) {
            ledger.no_counterpart("schema.include.list",
                                  fmt::format("does not narrow the tables {} here", table));
        }
        const bool fits = !known || std::any_of(schemas.begin(), schemas.end(), [&](const std::string& glob) {
            return glob_matches(glob, *schema);
        });
        if (fits) within.push_back(table);
    }
    return within;
}

constexpr std::string_view in_clear = ": these columns arrive in clear unless you add them to a rule";

/// Gives a change to all rules of tables that `glob` matches; false where that may not be all of them.
template <class Change>
bool change_rules(std::vector<ImportedRule>& rules, const std::string& glob, Change change) {
    const auto table = literal_of_glob(glob);
    bool done = false;
    bool overlaps = false;  // with a rule whose tables it may match in part
    for (std::size_t at = 0; at < rules.size(); ++at) {
        const auto rule_table = literal_of_glob(rules[at].match);
        const bool covers = glob == "*" || glob == "*.*" || glob == rules[at].match ||
                            (rule_table && glob_matches(glob, *rule_table));
        if (covers) {
            change(rules[at]);
            done = true;
            if (table) return true;
        } else if (table && glob_matches(rules[at].match, *table)) {
            ImportedRule rule = rules[at];
            rule.match = glob;
            change(rule);
            rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(at), std::move(rule));
            return true;
        } else if (!table && !rule_table) {
            overlaps = true;
        }
    }
    return done && !overlaps;
}

void add_once(std::vector<std::string>& to, const std::string& name) {
    if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(name);
}

void take_column_list(SettingLedger& ledger, ImportedConfig& config, const std::string& key,
                      std::vector<std::string> ImportedRule::*list) {
    for (const std::string& glob : globs_of_list(ledger, key, 2, in_clear)) {
        const std::size_t dot = glob.rfind('.');
        const auto column =
            dot == std::string::npos ? std::nullopt : literal_of_glob(std::string_view(glob).substr(dot + 1));
        const bool done = column && change_rules(config.rules, glob.substr(0, dot),
                                                 [&](ImportedRule& rule) { add_once(rule.*list, *column); });
        if (!done) {
            ledger.no_counterpart(
                key, fmt::format("{} can't be said by the rules for all of its tables{}", glob, in_clear));
        }
    }
}

void take_keys(SettingLedger& ledger, ImportedConfig& config) {
    const std::string key = "message.key.columns";
    const auto text = ledger.take_raw(key);
    if (!text) return;
    for (std::string_view rest = *text; !rest.empty();) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        const std::string item(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t colon = item.rfind(':');
        const auto globs = globs_of_regex(item.substr(0, colon), 1);
        bool done = colon != std::string::npos && globs;
        const auto columns = split_regex_list(done ? item.substr(colon + 1) : "");
        for (std::size_t at = 0; done && at < globs->size(); ++at) {
            done = change_rules(config.rules, (*globs)[at], [&](ImportedRule& rule) { rule.key = columns; });
        }
        if (!done) ledger.no_counterpart(key, fmt::format("{} is not taken over", item));
    }
    ledger.changed(key, "counts only for tables without primary key and replica identity index");
}

}  // namespace

void take_tables(SettingLedger& ledger, ImportedConfig& config, const std::string& mode) {
    const bool lists_tables = ledger.has("table.include.list");
    auto tables = globs_of_list(ledger, "table.include.list", 1);
    const auto schemas = globs_of_list(ledger, "schema.include.list", 0);
    if (lists_tables && ledger.has("schema.include.list")) {
        tables = within_schemas(ledger, tables, schemas);
    } else {
        for (const std::string& schema : schemas) tables.push_back(schema + ".*");
    }
    bool excludes = false;
    for (const char* key : {"table.exclude.list", "schema.exclude.list"}) {
        if (!ledger.has(key)) continue;
        excludes = true;
        ledger.no_counterpart(key,
                              "a rule says which tables are followed, not which ones aren't: fill in match");
    }
    const bool has_list = lists_tables || ledger.has("schema.include.list");
    if (excludes) tables.clear();
    if (tables.empty()) tables.emplace_back(has_list || excludes ? table_placeholder : "*");
    for (const std::string& table : tables) {
        const bool is_new = std::none_of(config.rules.begin(), config.rules.end(),
                                         [&](const ImportedRule& rule) { return rule.match == table; });
        if (is_new) config.rules.push_back({.match = table, .mode = mode});
    }
}

void take_columns(SettingLedger& ledger, ImportedConfig& config) {
    take_column_list(ledger, config, "column.exclude.list", &ImportedRule::exclude_columns);
    for (const auto& [key, value] : ledger.settings()) {
        if (key.starts_with("column.mask.hash.")) {
            take_column_list(ledger, config, key, &ImportedRule::hash_columns);
            ledger.changed(key,
                           "HMAC-SHA-256 under the environment variable WALFERRY_HASH_KEY: other hashes");
        } else if (key.starts_with("column.mask.with.")) {
            take_column_list(ledger, config, key, &ImportedRule::mask_columns);
            ledger.changed(key, "any value becomes ****");
        }
    }
    take_keys(ledger, config);
}

std::vector<std::string> take_topics(SettingLedger& ledger, Database database, const std::string& prefix) {
    const std::string start = quote_glob(prefix) + (database == Database::SqlServer ? ".*." : ".");
    std::vector<std::string> globs = globs_of_list(ledger, "table.include.list", 1);
    for (const char* key : {"schema.include.list", "database.include.list", "database.names"}) {
        if (!ledger.has(key)) continue;
        if (!globs.empty() || database == Database::SqlServer) {
            ledger.needless(key, "the connector has topics of these only");
            continue;
        }
        for (const std::string& part : globs_of_list(ledger, key, 0)) globs.push_back(part + ".*");
    }
    if (globs.empty()) globs.emplace_back("*.*");
    std::vector<std::string> topics;
    for (std::string glob : globs) {
        for (char& letter : glob) {  // as the connector does it for the topic's name
            const bool stays = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                               (letter >= '0' && letter <= '9') ||
                               std::string_view("._-*?[]!\\").find(letter) != std::string_view::npos;
            if (!stays) letter = '_';
        }
        topics.push_back(start + glob);
    }
    return topics;
}

}  // namespace walferry::importing
