#include "config/table_keys.h"

namespace walferry {

namespace {

Key names_section(std::string_view path) {
    return {.path = path,
            .type = KeyType::Section,
            .description = "scd2: names of its own columns, for sources that have columns called so"};
}

Key names_key(std::string_view path, std::string_view column, std::string_view default_name) {
    return {.path = path, .type = KeyType::Text, .description = column, .default_text = default_name};
}

Key first_valid_from_key(std::string_view path) {
    return {.path = path,
            .type = KeyType::Choice,
            .description =
                "scd2: when the versions that the first copy finds begin: at its snapshot's time on the "
                "source's clock, or at -infinity",
            .default_text = "snapshot",
            .choices = {{"snapshot"}, {"beginning"}}};
}

}  // namespace

std::vector<Key> table_keys() {
    return {
        {.path = "tables",
         .type = KeyType::SectionList,
         .description = "Rules for tables of the source; the first that matches a table counts",
         .required = true},
        {.path = "tables[]",
         .type = KeyType::Section,
         .description = "A rule: which tables, and what becomes of them",
         .one_of = {"mode", "targets"},
         .none_of = true},
        {.path = "tables[].match",
         .type = KeyType::Text,
         .description = "Glob on the source's raw, unquoted schema.table",
         .required = true},
        {.path = "tables[].mode",
         .type = KeyType::Choice,
         .description = "What the target table holds, when there is one target; without a warehouse "
                        "neither mode nor targets is needed",
         .choices = {{"upsert"}, {"scd2"}, {"append"}}},
        {.path = "tables[].table",
         .type = KeyType::Text,
         .description = "Name of the target table, beside mode; {table} and {schema} stand for the source's. "
                        "Default: {table} for upsert, {table}_history for scd2, {table}_changes for append"},
        {.path = "tables[].track",
         .type = KeyType::TextList,
         .description = "scd2, beside mode: a version begins only when one of these columns changes. "
                        "Default: all"},
        names_section("tables[].names"),
        names_key("tables[].names.valid_from", "start of a version", "valid_from"),
        names_key("tables[].names.valid_to", "end of a version", "valid_to"),
        names_key("tables[].names.is_current", "mark of the current version", "is_current"),
        first_valid_from_key("tables[].first_valid_from"),
        {.path = "tables[].key",
         .type = KeyType::TextList,
         .description = "Columns that identify a row, where the source has neither primary key nor replica "
                        "identity index"},
        {.path = "tables[].rename_columns",
         .type = KeyType::TextMap,
         .description = "Names in the target by names at the source"},
        {.path = "tables[].types",
         .type = KeyType::TextMap,
         .description = "SQL types in the target by column of the source"},
        {.path = "tables[].metadata",
         .type = KeyType::Boolean,
         .description = "Whether the target has _walferry_lsn and _walferry_synced_at",
         .default_text = "true"},
        {.path = "tables[].on_delete",
         .type = KeyType::Choice,
         .description =
             "What a delete at the source does to the row of an upsert target: hard deletes it, soft "
             "sets _walferry_deleted, ignore leaves it as it was",
         .default_text = "hard",
         .choices = {{"hard"}, {"soft"}, {"ignore"}}},
        {.path = "tables[].on_truncate",
         .type = KeyType::Choice,
         .description = "What a TRUNCATE at the source does to an upsert target",
         .default_text = "apply",
         .choices = {{"apply"}, {"ignore"}}},
        {.path = "tables[].on_drop",
         .type = KeyType::Choice,
         .description = "What a column that the source drops becomes in the targets: keep leaves it, NULL in "
                        "what is written from then on, drop drops it",
         .default_text = "keep",
         .choices = {{"keep"}, {"drop"}}},
        {.path = "tables[].on_rewrite",
         .type = KeyType::Choice,
         .description = "What a change of the source's table that rewrites rows without sending them leads "
                        "to: resync copies the table anew, stop ends the run with exit 3",
         .default_text = "resync",
         .choices = {{"resync"}, {"stop"}}},
        {.path = "tables[].exclude_columns",
         .type = KeyType::TextList,
         .description = "Columns of the source that the target does not have"},
        {.path = "tables[].hash_columns",
         .type = KeyType::TextList,
         .description = "Columns whose values become their hex HMAC-SHA-256 under the environment variable "
                        "WALFERRY_HASH_KEY; equal values stay equal"},
        {.path = "tables[].mask_columns",
         .type = KeyType::TextList,
         .description = "Columns whose values become the text ****"},
    };
}

std::vector<Key> target_keys() {
    return {
        {.path = "tables[].targets",
         .type = KeyType::SectionList,
         .description = "Several targets for each matched table, instead of mode"},
        {.path = "tables[].targets[]", .type = KeyType::Section, .description = "A target"},
        {.path = "tables[].targets[].mode",
         .type = KeyType::Choice,
         .description = "What the target table holds",
         .required = true,
         .choices = {{"upsert"}, {"scd2"}, {"append"}}},
        {.path = "tables[].targets[].table",
         .type = KeyType::Text,
         .description = "Name of the target table; {table} and {schema} stand for the source's. Default: "
                        "{table} for upsert, {table}_history for scd2, {table}_changes for append"},
        {.path = "tables[].targets[].track",
         .type = KeyType::TextList,
         .description = "scd2: a version begins only when one of these columns changes. Default: all"},
        names_section("tables[].targets[].names"),
        names_key("tables[].targets[].names.valid_from", "start of a version", "valid_from"),
        names_key("tables[].targets[].names.valid_to", "end of a version", "valid_to"),
        names_key("tables[].targets[].names.is_current", "mark of the current version", "is_current"),
        first_valid_from_key("tables[].targets[].first_valid_from"),
    };
}

}  // namespace walferry
