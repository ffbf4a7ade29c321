#include "service/dbt_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "apply/table_plan.h"
#include "model/quote.h"
#include "service/yaml_text.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr std::chrono::hours warn_by_default{1};
constexpr std::chrono::hours error_by_default{24};

const std::map<std::string_view, std::string_view> own_columns = {
    {lsn_column, "Position of the source's commit that last changed the row"},
    {synced_at_column, "When walferry applied that"},
    {deleted_column, "True once the source has deleted the row"},
    {"_op", "Create, update, delete, truncate, or read by a copy: c, u, d, t, r"},
    {"_lsn", "Position of the event's commit at the source"},
    {"_seq", "Which event of its transaction"},
    {"_commit_ts", "When the source committed it"},
    {"_xid", "The source's transaction"},
    {"_old_key", "The key before, where an update changed it"},
    {"_unchanged", "Columns whose value the event did not carry"}};

const char* words_of(TableMode mode) {
    switch (mode) {
        case TableMode::Scd2:
            return "every version of each row";
        case TableMode::Append:
            return "every event";
        case TableMode::Upsert:
            break;
    }
    return "the current rows";
}

/// dbt counts whole minutes, hours or days.
Json period(milliseconds time) {
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(time).count();
    constexpr int hour = 60, day = 24 * 60;
    if (minutes % day == 0) return {{"count", minutes / day}, {"period", "day"}};
    if (minutes % hour == 0) return {{"count", minutes / hour}, {"period", "hour"}};
    return {{"count", minutes}, {"period", "minute"}};
}

Json freshness_of(const ContractConfig& contract) {
    if (contract.freshness.count() == 0)
        return {{"warn_after", period(warn_by_default)}, {"error_after", period(error_by_default)}};
    const bool warns = contract.on_violation == OnViolation::Warn;
    return {{warns ? "warn_after" : "error_after", period(contract.freshness)}};
}

/// The tests and words about one target's columns.
class TableDescription {
 public:
    explicit TableDescription(const DbtTable& table) : table_(table) {
        if (const auto key = choose_key(table.source, table.rule->key)) {
            for (const std::uint16_t index : key.value())
                key_.push_back(target_name(table.source.columns[index].name));
        }
        for (const TargetConfig& target : table.rule->targets) {
            if (target.mode == TableMode::Scd2 && has_column(target.names.is_current)) names_ = target.names;
        }
    }

    Json json() const {
        Json json;
        json["name"] = table_.name;
        json["description"] = fmt::format("{} of PostgreSQL, {}; by walferry.",
                                          table_.source.qualified_name(), words_of(table_.mode));
        if (table_.mode == TableMode::Upsert && has_column(synced_at_column)) {
            json["config"] = {{"loaded_at_field", synced_at_column},
                              {"freshness", freshness_of(table_.rule->contract)}};
        }
        if (key_.size() > 1 && table_.mode != TableMode::Append)
            json["data_tests"] = Json::array({unique(row_of_key())});
        for (const std::string& column : table_.columns) json["columns"].push_back(column_json(column));
        return json;
    }

 private:
    bool has_column(std::string_view name) const {
        return std::find(table_.columns.begin(), table_.columns.end(), name) != table_.columns.end();
    }
    std::string target_name(const std::string& name) const {
        const auto renamed = table_.rule->rename_columns.find(name);
        return renamed == table_.rule->rename_columns.end() ? name : renamed->second;
    }
    const SourceColumn* source_column(const std::string& name) const {
        for (const SourceColumn& column : table_.source.columns) {
            if (target_name(column.name) == name) return &column;
        }
        return nullptr;
    }
    const ColumnContract* contract_of(const SourceColumn& column) const {
        for (const ColumnContract& contract : table_.rule->contract.columns) {
            if (contract.name == column.name) return &contract;
        }
        return nullptr;
    }
    std::string row_of_key() const {
        std::string row;
        for (const std::string& column : key_) row += (row.empty() ? "(" : ", ") + quote_identifier(column);
        return row + ")";
    }

    /// `where`: SQL of the rows that it is about, empty for all.
    static Json test(const char* name, Json arguments, const std::string& where, bool warns) {
        if (!where.empty()) arguments["config"]["where"] = where;
        if (warns) arguments["config"]["severity"] = "warn";
        return arguments.empty() ? Json(name) : Json{{name, std::move(arguments)}};
    }
    Json unique(const std::string& expression = "") const {
        Json arguments = Json::object();
        if (!expression.empty()) arguments["column_name"] = expression;
        const std::string current = table_.mode == TableMode::Scd2 ? quote_identifier(names_.is_current) : "";
        return test("unique", std::move(arguments), current, false);
    }
    /// In a change log the rows of deletes have the key alone, those of truncates nothing.
    std::string rows_with(bool key) const {
        if (table_.mode != TableMode::Append) return "";
        return key ? "_op <> 't'" : "_op IN ('c', 'u', 'r')";
    }

    void add_contract_tests(const ColumnContract& contract, const SourceColumn& column, Json& tests) const {
        const bool warns = table_.rule->contract.on_violation == OnViolation::Warn;
        if (contract.not_null && !is_key(target_name(column.name)))
            tests.push_back(test("not_null", Json::object(), rows_with(false), warns));
        if (contract.accepted_values.empty() || table_.rule->columns.of(column.name) != ColumnRule::Clear)
            return;
        Json arguments{{"values", contract.accepted_values}};
        if (!is_text(column)) arguments["quote"] = false;
        tests.push_back(test("accepted_values", std::move(arguments), rows_with(false), warns));
    }
    static bool is_text(const SourceColumn& column) {
        constexpr std::string_view unquoted[] = {"int2",   "int4",   "int8", "numeric",
                                                 "float4", "float8", "bool"};
        return std::find(std::begin(unquoted), std::end(unquoted), column.type.name) == std::end(unquoted);
    }
    bool is_key(const std::string& name) const {
        return std::find(key_.begin(), key_.end(), name) != key_.end();
    }

    Json column_json(const std::string& name) const {
        Json json{{"name", name}, {"quote", true}};
        Json tests = Json::array();
        if (const SourceColumn* const column = source_column(name)) {
            const ColumnContract* const contract = contract_of(*column);
            json["description"] = description(*column, contract);
            if (is_key(name)) tests.push_back(test("not_null", Json::object(), rows_with(true), false));
            if (key_.size() == 1 && is_key(name) && table_.mode != TableMode::Append)
                tests.push_back(unique());
            if (contract != nullptr) add_contract_tests(*contract, *column, tests);
        } else {
            json["description"] = own_description(name);
            if (name == lsn_column || name == "_op") tests.push_back("not_null");
        }
        if (!tests.empty()) json["data_tests"] = std::move(tests);
        return json;
    }
    std::string own_description(const std::string& name) const {
        if (name == names_.valid_from) return "From when on this version held, on the source's clock.";
        if (name == names_.valid_to) return "Until when it held; NULL while it holds.";
        if (name == names_.is_current) return "Whether it holds.";
        const auto found = own_columns.find(name);
        return found == own_columns.end() ? "Not from the source." : std::string(found->second) + ".";
    }
    std::string description(const SourceColumn& column, const ColumnContract* contract) const {
        if (column.dropped) return "Dropped at the source; NULL since then.";
        std::string text = column.type.sql + " at the source";
        if (is_key(target_name(column.name))) text += ", key";
        const ColumnRule rule = table_.rule->columns.of(column.name);
        if (rule == ColumnRule::Hash) text += ", hashed";
        if (rule == ColumnRule::Mask) text += ", masked";
        if (contract != nullptr && contract->has_range) {
            text += fmt::format(". Contract: from {} to {}", contract->low.value_or("any"),
                                contract->high.value_or("any"));
        }
        if (contract != nullptr && !contract->matches.empty())
            text += ". Contract: matches " + contract->matches;
        return text + ".";
    }

    const DbtTable& table_;
    std::vector<std::string> key_;  ///< by their names in the target
    HistoryNames names_;
};

/// dbt's names are words.
std::string source_name(const std::string& pipeline, const std::string& schema) {
    std::string name = pipeline + "_" + schema;
    for (char& letter : name) {
        const bool word = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                          (letter >= '0' && letter <= '9');
        if (!word) letter = '_';
    }
    return name;
}

}  // namespace

std::string dbt_sources(const std::string& pipeline, const std::vector<DbtTable>& tables) {
    std::map<std::string, Json> schemas;
    for (const DbtTable& table : tables) schemas[table.schema].push_back(TableDescription(table).json());
    Json sources = Json::array();
    for (auto& [schema, described] : schemas) {
        Json& source = sources.emplace_back();
        source["name"] = source_name(pipeline, schema);
        source["schema"] = schema;
        source["description"] = "What walferry's pipeline " + pipeline + " keeps there.";
        source["quoting"] = {{"schema", true}, {"identifier", true}};
        source["tables"] = std::move(described);
    }
    return yaml_text({{"version", 2}, {"sources", std::move(sources)}});
}

}  // namespace walferry
