#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warehouse/warehouse.h"

namespace walferry {

/// Rows in aligned columns, as psql prints them: header, dashes, rows, `(n rows)`.
class TextTable {
 public:
    explicit TextTable(std::vector<std::string> header) : header_(std::move(header)) {}

    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    std::string text() const;

 private:
    std::vector<std::string> header_;
    std::vector<std::vector<std::string>> rows_;
};

/// Without the control characters that would break a line or the terminal: they are spelled.
std::string on_one_line(std::string_view text);

/// A JSON value in a cell: texts as they are, - for null.
std::string shown(const nlohmann::ordered_json& value);

/// A query's answer in these forms. NULL is empty in the table and in CSV (where an empty text is quoted).
std::string table_text(const QueryResult& result);
std::string csv_text(const QueryResult& result);

}  // namespace walferry
