#include "service/result_json.h"

#include <nlohmann/json.hpp>

namespace walferry {

std::string result_json(const QueryResult& result) {
    nlohmann::ordered_json json;
    json["columns"] = result.columns;
    auto& rows = json["rows"] = nlohmann::ordered_json::array();
    for (const auto& row : result.rows) {
        auto& values = rows.emplace_back(nlohmann::ordered_json::array());
        for (const auto& value : row) {
            values.push_back(value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json());
        }
    }
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<QueryResult> parse_result_json(const std::string& text) {
    try {
        const auto json = nlohmann::json::parse(text);
        QueryResult result;
        result.columns = json.at("columns").get<std::vector<std::string>>();
        for (const auto& row : json.at("rows")) {
            auto& values = result.rows.emplace_back();
            for (const auto& value : row) {
                values.push_back(value.is_null() ? std::nullopt : std::optional(value.get<std::string>()));
            }
        }
        return result;
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

}  // namespace walferry
