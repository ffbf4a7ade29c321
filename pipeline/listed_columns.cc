#include "pipeline/listed_columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/pg_types.h"

namespace walferry {

namespace {

const char* list_of(ColumnRule rule) {
    switch (rule) {
        case ColumnRule::Exclude:
            return "exclude_columns";
        case ColumnRule::Hash:
            return "hash_columns";
        case ColumnRule::Mask:
        case ColumnRule::Clear:
            break;
    }
    return "mask_columns";
}

}  // namespace

void ListedColumns::see(const SourceTable& source, const TableRule& rule) {
    if (rule.columns.empty()) return;
    Seen& seen = seen_[&rule];
    seen.tables.insert(source.qualified_name());
    for (const SourceColumn& column : source.columns) seen.columns.insert(column.name);
}

std::vector<Finding> ListedColumns::findings() const {
    std::vector<Finding> findings;
    for (const auto& [rule, seen] : seen_) {
        const std::string subject = seen.tables.size() == 1
                                        ? *seen.tables.begin()
                                        : fmt::format("{} ({} tables)", rule->match, seen.tables.size());
        for (const std::string& name : rule->columns.columns()) {
            if (seen.columns.contains(name)) continue;
            const char* const list = list_of(rule->columns.of(name));
            findings.push_back(
                {true, subject,
                 fmt::format("{} names column {}, which no table that the rule of line {} matches has "
                             "published",
                             list, name, rule->line),
                 fmt::format("write the column's name in {} as the source has it, or take it out", list)});
        }
    }
    return findings;
}

SourceColumn text_form_of(SourceColumn column) {
    column.type = SourceType{};
    column.type.oid = pg_types::text;
    column.type.schema = "pg_catalog";
    column.type.name = column.type.sql = "text";
    return column;
}

}  // namespace walferry
