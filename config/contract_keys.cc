#include "config/contract_keys.h"

namespace walferry {

std::vector<Key> contract_keys() {
    return {
        {.path = "tables[].contract",
         .type = KeyType::Section,
         .description = "What rows and columns of the source must be like"},
        {.path = "tables[].contract.required",
         .type = KeyType::TextList,
         .description = "Columns that each matched table must have"},
        {.path = "tables[].contract.columns",
         .type = KeyType::SectionMap,
         .description = "Rules by column of the source"},
        {.path = "tables[].contract.columns.*",
         .type = KeyType::Section,
         .description = "The rules of a column"},
        {.path = "tables[].contract.columns.*.type",
         .type = KeyType::Text,
         .description = "SQL type that the column must have at the source; without modifier, any modifier"},
        {.path = "tables[].contract.columns.*.not_null",
         .type = KeyType::Boolean,
         .description = "Whether NULL is a violation; the other rules let NULL pass",
         .default_text = "false"},
        {.path = "tables[].contract.columns.*.accepted_values",
         .type = KeyType::TextList,
         .description = "The values that there may be"},
        {.path = "tables[].contract.columns.*.range",
         .type = KeyType::Range,
         .description = "Least and greatest value, null for none; of numbers, dates, times and timestamps"},
        {.path = "tables[].contract.columns.*.matches",
         .type = KeyType::Text,
         .description = "RE2 pattern that must occur in the value's text form; ^ and $ anchor it"},
        {.path = "tables[].contract.freshness",
         .type = KeyType::Duration,
         .description = "How old the warehouse's state of the table may be",
         .least = 1,
         .most = 365ll * 24 * 3'600'000},
        {.path = "tables[].contract.on_violation",
         .type = KeyType::Choice,
         .description = "What becomes of a row that violates it",
         .default_text = "dead_letter",
         .choices = {{"dead_letter"}, {"warn"}, {"stop"}}},
    };
}

}  // namespace walferry
