#include "apply/contract.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "apply/value_range.h"
#include "apply/value_set.h"
#include "config/error_lines.h"

namespace walferry {

namespace {

constexpr std::string_view not_null_rule = "not_null";
constexpr std::string_view accepted_values_rule = "accepted_values";
constexpr std::string_view range_rule = "range";
constexpr std::string_view matches_rule = "matches";

const SourceColumn* find_column(const SourceTable& table, const std::string& name) {
    for (const SourceColumn& column : table.columns) {
        if (column.name == name) return &column;
    }
    return nullptr;
}

/// Where a column stands in a row; past the end when it does not.
std::size_t index_of(const SourceTable& table, const Relation* relation, const std::string& name) {
    if (relation != nullptr) {
        return static_cast<std::size_t>(
            std::find_if(relation->columns.begin(), relation->columns.end(),
                         [&](const Column& column) { return column.name == name; }) -
            relation->columns.begin());
    }
    return static_cast<std::size_t>(find_column(table, name) - table.columns.data());
}

RE2::Options pattern_options() {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    return options;
}

/// What RE2::PartialMatch does, without its detours.
bool occurs(const RE2& pattern, std::string_view value) {
    const re2::StringPiece text(value.data(), value.size());
    return pattern.Match(text, 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

std::string shown_range(const ColumnContract& column) {
    return fmt::format("[{}, {}]", column.low.value_or("null"), column.high.value_or("null"));
}

const char* why_hidden(ColumnRule rule) {
    if (rule == ColumnRule::Hash) return "hashed";
    return rule == ColumnRule::Mask ? "masked" : "excluded";
}

}  // namespace

struct Contract::ColumnCheck {
    static constexpr std::size_t no_rule = static_cast<std::size_t>(-1);

    std::size_t index = 0;  ///< in the row
    std::size_t not_null = no_rule, accepted_values = no_rule, range = no_rule, matches = no_rule;
    std::optional<ValueSet> values;
    std::optional<ValueRange> limits;
    std::unique_ptr<RE2> pattern;
    ColumnContract wording;
    ColumnRule hidden = ColumnRule::Clear;
};

Contract::Contract() = default;
Contract::Contract(Contract&&) noexcept = default;
Contract& Contract::operator=(Contract&&) noexcept = default;
Contract::~Contract() = default;

Result<Contract> Contract::make(const ContractConfig& config, const SourceTable& table,
                                const ColumnRules& hidden, const Relation* relation) {
    Contract contract;
    const std::size_t width = relation == nullptr ? table.columns.size() : relation->columns.size();
    for (const ColumnContract& column : config.columns) {
        const SourceColumn* source = find_column(table, column.name);
        if (source == nullptr) continue;
        const std::size_t index = index_of(table, relation, column.name);
        if (index >= width) continue;
        const Status added = contract.add_column(column, *source, index, hidden.of(column.name));
        if (!added) return added.error().in(fmt::format("line {}: {}", column.line, column.key));
    }
    if (relation != nullptr) contract.relation_version_ = relation->version;
    contract.broken_.reserve(contract.rules_.size());
    return contract;
}

Status Contract::add_column(const ColumnContract& column, const SourceColumn& source, std::size_t index,
                            ColumnRule hidden) {
    auto check = std::make_unique<ColumnCheck>();
    check->index = index;
    check->wording = column;
    check->hidden = hidden;
    const auto add_rule = [&](std::string_view name) {
        rules_.push_back({column.name, name});
        check_of_rule_.push_back(check.get());
        return rules_.size() - 1;
    };
    if (column.not_null) check->not_null = add_rule(not_null_rule);
    if (!column.accepted_values.empty()) {
        WALFERRY_TRY(values, ValueSet::make(source.type.oid, column.accepted_values));
        check->values = std::move(values);
        check->accepted_values = add_rule(accepted_values_rule);
    }
    if (column.has_range) {
        WALFERRY_TRY(limits, ValueRange::make(source.type.oid, column.low, column.high));
        check->limits = std::move(limits);
        check->range = add_rule(range_rule);
    }
    if (!column.matches.empty()) {
        check->pattern = std::make_unique<RE2>(column.matches, pattern_options());
        check->matches = add_rule(matches_rule);
    }
    checks_.push_back(std::move(check));
    return success();
}

std::span<const std::size_t> Contract::broken(TupleData after) {
    broken_.clear();
    for (const auto& check : checks_) {
        const ColumnValue& value = after[check->index];
        if (value.kind == ValueKind::Null && check->not_null != ColumnCheck::no_rule)
            broken_.push_back(check->not_null);
        if (value.kind != ValueKind::Text) continue;
        if (check->values && !check->values->contains(value.bytes)) broken_.push_back(check->accepted_values);
        if (check->limits && !check->limits->contains(value.bytes)) broken_.push_back(check->range);
        if (check->pattern && !occurs(*check->pattern, value.bytes)) broken_.push_back(check->matches);
    }
    return broken_;
}

const Violation* Contract::check(TupleData after) {
    if (broken(after).empty()) return nullptr;
    violation_ = describe(broken_.front(), after);
    return &violation_;
}

Violation Contract::describe(std::size_t rule, TupleData after) const {
    const ColumnCheck& check = *check_of_rule_[rule];
    const ColumnContract& column = check.wording;
    if (rule == check.not_null) return {rule, fmt::format("column {} is NULL", column.name)};
    const std::string value =
        check.hidden == ColumnRule::Clear
            ? shown(after[check.index].bytes)
            : fmt::format("the value (not shown, for the column is {})", why_hidden(check.hidden));
    std::string complaint;
    if (rule == check.accepted_values) complaint = "is none of the accepted values";
    if (rule == check.range) complaint = "is outside of the range " + shown_range(column);
    if (rule == check.matches) complaint = "does not match " + column.matches;
    return {rule, fmt::format("column {}: {} {}", column.name, value, complaint)};
}

std::vector<ContractProblem> contract_problems(const ContractConfig& config, const SourceTable& table) {
    std::vector<ContractProblem> problems;
    for (const ColumnContract& column : config.columns) {
        const SourceColumn* source = find_column(table, column.name);
        if (source == nullptr) continue;
        if (!column.accepted_values.empty()) {
            const auto values = ValueSet::make(source->type.oid, column.accepted_values);
            if (!values)
                problems.push_back({column.line, column.key + ".accepted_values", values.error().message});
        }
        if (!column.has_range) continue;
        const auto range = ValueRange::make(source->type.oid, column.low, column.high);
        if (!range) problems.push_back({column.line, column.key + ".range", range.error().message});
    }
    return problems;
}

}  // namespace walferry
