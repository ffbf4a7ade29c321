#include "service/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace walferry {
namespace {

bool begins_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0u) != 0x80u;
}

/// Characters, not bytes; wide ones count as one.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string csv_field(const std::optional<std::string>& value) {
    if (!value) return "";
    if (!value->empty() && value->find_first_of(",\"\r\n") == std::string::npos) return *value;
    std::string quoted = "\"";
    for (const char byte : *value) {
        if (byte == '"') quoted += '"';
        quoted += byte;
    }
    return quoted + "\"";
}

}  // namespace

std::string on_one_line(std::string_view text) {
    std::string line;
    for (const char byte : text) {
        if (byte == '\n') {
            line += "\\n";
        } else if (byte == '\t') {
            line += "\\t";
        } else if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) {
            line += fmt::format("\\x{:02X}", static_cast<unsigned char>(byte));
        } else {
            line += byte;
        }
    }
    return line;
}

std::string TextTable::text() const {
    std::vector<std::size_t> widths(header_.size(), 0);
    std::vector<std::vector<std::string>> lines{header_};
    lines.insert(lines.end(), rows_.begin(), rows_.end());
    for (auto& line : lines) {
        for (std::size_t i = 0; i < header_.size(); ++i) {
            line[i] = on_one_line(line[i]);
            widths[i] = std::max(widths[i], width_of(line[i]));
        }
    }
    std::string text;
    for (std::size_t row = 0; row < lines.size(); ++row) {
        std::string line;
        for (std::size_t i = 0; i < header_.size(); ++i) {
            const std::string padding(widths[i] - width_of(lines[row][i]), ' ');
            line += fmt::format("{} {}{}", i == 0 ? "" : " |", lines[row][i], padding);
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
        if (row != 0) continue;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            text += (i == 0 ? "" : "+") + std::string(widths[i] + 2, '-');
        }
        text += "\n";
    }
    return text + fmt::format("({} {})\n", rows_.size(), rows_.size() == 1 ? "row" : "rows");
}

std::string shown(const nlohmann::ordered_json& value) {
    if (value.is_null()) return "-";
    return value.is_string() ? value.get<std::string>()
                             : value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string table_text(const QueryResult& result) {
    TextTable table(result.columns);
    for (const auto& row : result.rows) {
        std::vector<std::string> cells;
        for (const auto& value : row) cells.push_back(value.value_or(""));
        table.add(std::move(cells));
    }
    return table.text();
}

std::string csv_text(const QueryResult& result) {
    std::string text;
    const auto add_line = [&](const auto& fields) {
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (i != 0) text += ',';
            text += csv_field(fields[i]);
        }
        text += '\n';
    };
    add_line(std::vector<std::optional<std::string>>(result.columns.begin(), result.columns.end()));
    for (const auto& row : result.rows) add_line(row);
    return text;
}

}  // namespace walferry
