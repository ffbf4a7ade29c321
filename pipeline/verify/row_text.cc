#include "pipeline/verify/row_text.h"

#include <algorithm>

#include "model/json_text.h"
#include "model/row_json.h"

namespace walferry {

std::string row_text(const std::vector<ComparedTable::Column>& columns,
                     const std::vector<std::optional<std::string>>& texts) {
    std::string json = "{";
    for (std::size_t i = 0; i < std::min(columns.size(), texts.size()); ++i) {
        if (i > 0) json += ", ";
        append_json_string(json, columns[i].plain_name);
        json += ": ";
        if (texts[i]) {
            append_json_value(json, columns[i].type_oid, *texts[i]);
        } else {
            json += "null";
        }
    }
    return json + "}";
}

std::string letter_key(const ComparedTable& table, const std::vector<std::string>& texts) {
    std::vector<JsonField> key;
    for (std::size_t i = 0; i < std::min(table.key_count, texts.size()); ++i) {
        const ComparedTable::Column& column = table.columns[i];
        key.push_back({column.plain_name, column.type_oid, {ValueKind::Text, texts[i]}});
    }
    return row_json(key);
}

}  // namespace walferry
