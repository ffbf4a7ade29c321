#include "config/contract_rules.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "config/names.h"

namespace walferry {
namespace {

class ContractReader {
 public:
    ContractReader(const Settings& settings, ErrorLines& errors, std::string path)
        : settings_(settings), errors_(errors), path_(std::move(path)) {}

    ContractConfig read() {
        if (!settings_.has(path_)) return {};
        read_required();
        for (const std::string& name : settings_.names(path_ + ".columns")) read_column(name);
        if (const Setting* freshness = settings_.find(path_ + ".freshness"))
            contract_.freshness = std::chrono::milliseconds(freshness->number);
        if (const Setting* action = settings_.find(path_ + ".on_violation")) {
            if (action->text == "warn") contract_.on_violation = OnViolation::Warn;
            if (action->text == "stop") contract_.on_violation = OnViolation::Stop;
        }
        return std::move(contract_);
    }

 private:
    void read_required();
    void read_column(const std::string& name);
    void read_accepted_values(ColumnContract& column);
    void read_range(ColumnContract& column);
    void read_pattern(ColumnContract& column);

    const Settings& settings_;
    ErrorLines& errors_;
    std::string path_;
    ContractConfig contract_;
};

void ContractReader::read_required() {
    const std::string key = path_ + ".required";
    const Setting* required = settings_.find(key);
    if (required == nullptr) return;
    for (const Setting::Entry& column : required->entries) {
        if (const auto problem = identifier_problem(column.text)) errors_.add(column.line, key, *problem);
        contract_.required.push_back(column.text);
    }
}

void ContractReader::read_column(const std::string& name) {
    ColumnContract column;
    column.name = name;
    column.key = fmt::format("{}.columns.{}", path_, name);
    column.line = settings_.line(column.key);
    if (const auto problem = identifier_problem(name)) errors_.add(column.line, column.key, *problem);
    if (const Setting* type = settings_.find(column.key + ".type")) column.type = type->text;
    if (const Setting* not_null = settings_.find(column.key + ".not_null"))
        column.not_null = not_null->number != 0;
    read_accepted_values(column);
    read_range(column);
    read_pattern(column);
    contract_.columns.push_back(std::move(column));
}

void ContractReader::read_accepted_values(ColumnContract& column) {
    const std::string key = column.key + ".accepted_values";
    const Setting* values = settings_.find(key);
    if (values == nullptr) return;
    if (values->entries.empty()) errors_.add(values->line, key, "is empty, allowed: one value or several");
    for (const Setting::Entry& value : values->entries) column.accepted_values.push_back(value.text);
}

void ContractReader::read_range(ColumnContract& column) {
    const Setting* range = settings_.find(column.key + ".range");
    if (range == nullptr) return;
    column.has_range = true;
    if (!range->entries[0].absent) column.low = range->entries[0].text;
    if (!range->entries[1].absent) column.high = range->entries[1].text;
    if (column.low || column.high) return;
    errors_.add(range->line, column.key + ".range", "is open on both sides, allowed: one bound or two");
}

void ContractReader::read_pattern(ColumnContract& column) {
    const std::string key = column.key + ".matches";
    const Setting* pattern = settings_.find(key);
    if (pattern == nullptr) return;
    column.matches = pattern->text;
    const RE2 compiled(pattern->text, RE2::Quiet);
    if (pattern->text.empty()) errors_.add(pattern->line, key, "is empty, allowed: an RE2 pattern");
    if (compiled.ok()) return;
    errors_.add(
        pattern->line, key,
        fmt::format("{} is no pattern: {}, allowed: RE2's syntax", shown(pattern->text), compiled.error()));
}

}  // namespace

ContractConfig read_contract(const Settings& settings, ErrorLines& errors, const std::string& path) {
    return ContractReader(settings, errors, path + ".contract").read();
}

}  // namespace walferry
