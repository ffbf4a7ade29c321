#include "service/verify_json.h"

#include <fmt/format.h>

#include "model/utc_text.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

constexpr ErrorKind kinds[] = {ErrorKind::Configuration, ErrorKind::Connection, ErrorKind::Busy,
                               ErrorKind::Serialization, ErrorKind::Resource,   ErrorKind::Data,
                               ErrorKind::Protocol,      ErrorKind::Schema,     ErrorKind::Permission,
                               ErrorKind::Fenced,        ErrorKind::Refused,    ErrorKind::Cancelled};

Json text_or_null(const std::optional<std::string>& text) {
    return text ? Json(*text) : Json();
}

/// With blanks after commas and colons, in one line.
std::string spaced(const Json& json) {
    const auto dumped = [](const Json& value) {
        return value.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    if (!json.is_object()) return dumped(json);
    std::string text = "{";
    for (const auto& [name, value] : json.items())
        text += fmt::format("{}{}: {}", text.size() == 1 ? "" : ", ", dumped(name), dumped(value));
    return text + "}";
}

std::string columns_text(const Json& columns) {
    std::string text;
    for (const Json& column : columns) {
        text += fmt::format("{}{}", text.empty() ? "" : ", ", column.value("name", ""));
        if (column.contains("source"))
            text += fmt::format(" {} → {}", spaced(column["source"]), spaced(column["warehouse"]));
    }
    return text;
}

}  // namespace

Json difference_json(const Difference& difference) {
    Json json;
    json["table"] = difference.table;
    json["target"] = difference.target;
    Json key = Json::parse(difference.key, nullptr, false);
    json["key"] = key.is_discarded() ? Json(difference.key) : std::move(key);
    json["difference"] = std::string(to_string(difference.kind));
    json["columns"] = Json::array();
    for (const Difference::Column& column : difference.columns) {
        Json entry{{"name", column.name}};
        if (difference.has_values) {
            entry["source"] = text_or_null(column.source);
            entry["warehouse"] = text_or_null(column.target);
        }
        json["columns"].push_back(std::move(entry));
    }
    if (difference.dead_letter) json["dead_letter"] = *difference.dead_letter;
    if (difference.repaired) json["repaired"] = *difference.repaired;
    if (!difference.repair_failure.empty()) json["repair_failure"] = difference.repair_failure;
    return json;
}

Json result_json(const TableVerification& result) {
    Json json;
    json["table"] = result.table;
    json["target"] = result.target;
    if (!result.skipped.empty()) {
        json["skipped"] = result.skipped;
        return json;
    }
    json["source_rows"] = result.source_rows;
    json["warehouse_rows"] = result.target_rows;
    json["missing"] = result.missing;
    json["extra"] = result.extra;
    json["changed"] = result.changed;
    json["undecided"] = result.undecided;
    json["repaired"] = result.repaired;
    json["seconds"] = result.seconds;
    return json;
}

Json progress_json(const std::string& table, std::uint64_t rows, std::int64_t estimated) {
    return {{"progress", {{"table", table}, {"rows", rows}, {"estimated", estimated}}}};
}

Json state_json(const VerifyDesk::State& state) {
    Json json;
    json["running"] = state.running;
    json["failure"] = state.failure.empty() ? Json() : Json(state.failure);
    json["tables"] = Json::array();
    for (const VerifyDesk::Entry& entry : state.entries) {
        Json row = result_json(entry.result);
        row["at"] = utc_text(entry.at);
        json["tables"].push_back(std::move(row));
    }
    return json;
}

Json error_json(const Error& error) {
    return {
        {"kind", std::string(to_string(error.kind))}, {"message", error.message}, {"way_out", error.way_out}};
}

Error error_of_json(const Json& json) {
    Error error{ErrorKind::Internal, "the service's answer can't be read", "", ""};
    if (!json.is_object()) return error;
    for (const ErrorKind kind : kinds) {
        if (json.value("kind", "") == to_string(kind)) error.kind = kind;
    }
    error.message = json.value("message", error.message);
    error.way_out = json.value("way_out", "");
    return error;
}

std::optional<VerifyOptions> parse_verify_options(const std::string& text) {
    const Json json = Json::parse(text.empty() ? "{}" : text, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    VerifyOptions options;
    for (const auto& [name, value] : json.items()) {
        if (name == "tables" && value.is_array()) {
            for (const Json& table : value) {
                if (!table.is_string()) return std::nullopt;
                options.tables.push_back(table.get<std::string>());
            }
        } else if (name == "values" && value.is_boolean()) {
            options.values = value.get<bool>();
        } else if (name == "repair" && value.is_boolean()) {
            options.repair = value.get<bool>();
        } else if (name == "rate" && value.is_number_unsigned()) {
            options.rows_per_second = value.get<std::uint64_t>();
        } else if (name == "limit" && value.is_number_unsigned()) {
            options.limit = value.get<std::uint64_t>();
        } else if (name == "where" && value.is_string()) {
            options.where = value.get<std::string>();
        } else if (name == "partition" && value.is_string()) {
            options.partition = value.get<std::string>();
        } else {
            return std::nullopt;
        }
    }
    return options;
}

std::string verify_options_json(const VerifyOptions& options) {
    Json json{{"tables", options.tables},
              {"values", options.values},
              {"repair", options.repair},
              {"rate", options.rows_per_second},
              {"limit", options.limit}};
    if (!options.where.empty()) json["where"] = options.where;
    if (!options.partition.empty()) json["partition"] = options.partition;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string difference_line(const Json& difference, bool verbose) {
    std::string line = fmt::format("{}\t{}\t{}", difference.value("table", ""), spaced(difference["key"]),
                                   difference.value("difference", ""));
    if (verbose) {
        line += "\t" + difference.value("target", "");
        if (!difference["columns"].empty()) line += "\t" + columns_text(difference["columns"]);
        if (difference.contains("dead_letter"))
            line += fmt::format("\tdead letter {}", difference["dead_letter"].dump());
    }
    if (difference.value("repaired", false)) line += "\trepaired";
    if (difference.contains("repair_failure"))
        line += "\tnot repaired: " + difference.value("repair_failure", "");
    return line;
}

}  // namespace walferry
