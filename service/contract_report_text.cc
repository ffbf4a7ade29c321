#include "service/contract_report_text.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace walferry {
namespace {

nlohmann::ordered_json value_of(const KeyField& field) {
    std::int64_t number = 0;
    const char* const end = field.text.data() + field.text.size();
    const auto [stopped_at, error] = std::from_chars(field.text.data(), end, number);
    if (field.is_number && error == std::errc() && stopped_at == end) return number;
    return field.text;
}

std::string dumped(const nlohmann::ordered_json& json, int indent = -1) {
    return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string key_text(const std::vector<KeyField>& key) {
    std::string text;
    for (const KeyField& field : key) {
        text +=
            fmt::format("{}{}: {}", text.empty() ? "{" : ", ", dumped(field.column), dumped(value_of(field)));
    }
    return text + "}";
}

}  // namespace

std::string contract_report_text(const ContractReport& report) {
    std::string text;
    for (const ContractTableReport& table : report.tables) {
        for (const std::string& breach : table.breaches)
            text += fmt::format("violated {}: {}\n", table.table, breach);
        for (const RuleReport& rule : table.rules) {
            const bool holds = rule.violations == 0;
            text += fmt::format("{} {} {} {}: {} of {} rows", holds ? "ok" : "violated", table.table,
                                rule.column, rule.rule, rule.violations, table.rows);
            for (std::size_t i = 0; i < rule.examples.size(); ++i)
                text += (i == 0 ? ", such as " : ", ") + key_text(rule.examples[i]);
            text += "\n";
        }
        if (table.breaches.empty() && table.rules.empty())
            text += fmt::format("ok {}: has the columns that are required\n", table.table);
    }
    return text;
}

std::string contract_report_json(const ContractReport& report) {
    nlohmann::ordered_json json;
    auto& tables = json["tables"] = nlohmann::ordered_json::array();
    for (const ContractTableReport& table : report.tables) {
        nlohmann::ordered_json entry{{"table", table.table}, {"rows", table.rows}};
        entry["breaches"] = table.breaches;
        auto& rules = entry["rules"] = nlohmann::ordered_json::array();
        for (const RuleReport& rule : table.rules) {
            auto examples = nlohmann::ordered_json::array();
            for (const auto& key : rule.examples) {
                auto& example = examples.emplace_back(nlohmann::ordered_json::object());
                for (const KeyField& field : key) example[field.column] = value_of(field);
            }
            rules.push_back({{"column", rule.column},
                             {"rule", rule.rule},
                             {"violations", rule.violations},
                             {"examples", std::move(examples)}});
        }
        tables.push_back(std::move(entry));
    }
    return dumped(json, 2);
}

}  // namespace walferry
