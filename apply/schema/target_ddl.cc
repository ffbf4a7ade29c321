#include "apply/schema/target_ddl.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "apply/history/latest_plan.h"
#include "apply/schema/type_widening.h"
#include "apply/staging_table.h"
#include "model/quote.h"

namespace walferry {

namespace {

std::string folded(WarehouseKind kind, std::string name) {
    if (kind == WarehouseKind::DuckDb) {
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char letter) { return std::tolower(letter); });
    }
    return name;
}

std::optional<std::size_t> load_position(const TablePlan& plan, std::size_t column) {
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        if (plan.source_index[i] == column) return i;
    }
    return std::nullopt;
}

/// The old plan's load position of the column that the new plan's goes on.
std::optional<std::size_t> old_position(const TablePlan& old_plan, const TablePlan& new_plan,
                                        const ShapeChange& change, std::size_t position) {
    const auto origin = change.origin[new_plan.source_index[position]];
    return origin ? load_position(old_plan, *origin) : std::nullopt;
}

class Ddl {
 public:
    Ddl(const TablePlan& old_plan, const TablePlan& new_plan, const ShapeChange& change)
        : old_(old_plan), new_(new_plan), change_(change), alter_(alter_table(old_plan)) {}

    TargetDdl run() {
        for (std::size_t i = 0; i < new_.data_count(); ++i) {
            if (const auto before = old_position(old_, new_, change_, i)) {
                go_on(old_.columns[*before], new_.columns[i], new_.source_index[i]);
                continued_.insert(*before);
            } else {
                add(new_.columns[i], new_.source_index[i]);
            }
        }
        for (std::size_t i = 0; i < old_.data_count(); ++i) {
            if (!continued_.contains(i))
                structure_first("DROP COLUMN " + quote_identifier(old_.columns[i].name));
        }
        rename();
        for (const auto* statements : {&constraints_, &types_, &adds_})
            ddl_.statements.insert(ddl_.statements.end(), statements->begin(), statements->end());
        ddl_.alters_structure = ddl_.alters_structure || !types_.empty() || !adds_.empty();
        return std::move(ddl_);
    }

 private:
    static std::string alter_table(const TablePlan& plan) {
        return "ALTER TABLE " + to_sql(plan.target) + " ";
    }

    void structure_first(const std::string& what) {
        ddl_.statements.push_back(alter_ + what);
        ddl_.alters_structure = true;
    }

    void go_on(const TargetColumn& before, const TargetColumn& now, std::size_t column) {
        const std::string name = quote_identifier(now.name);
        if (before.name != now.name) renames_.emplace_back(before.name, now.name);
        const SourceColumn& source = change_.shape.columns[column];
        const bool just_dropped = source.dropped && !old_.source.columns[*change_.origin[column]].dropped;
        if (just_dropped || (before.not_null && !now.not_null))
            constraints_.push_back(alter_ + fmt::format("ALTER COLUMN {} DROP NOT NULL", name));
        if (before.sql_type != now.sql_type) {
            const std::string cast =
                new_.kind == WarehouseKind::Postgres ? fmt::format(" USING {}::{}", name, now.sql_type) : "";
            types_.push_back(alter_ + fmt::format("ALTER COLUMN {} TYPE {}{}", name, now.sql_type, cast));
        }
        // Without key a row is found by all its values, also by that which the stream does not send any more.
        if (just_dropped && !new_.has_key() && new_.mode == TableMode::Upsert)
            ddl_.updates.push_back(fmt::format("UPDATE {} SET {} = NULL", to_sql(new_.target), name));
    }

    void add(const TargetColumn& column, std::size_t index) {
        const std::string name = quote_identifier(column.name);
        const auto& missing = change_.missing[index];
        // Workers that share the events of a table may all meet its new column.
        const char* const unless_there = new_.source.from_kafka ? "IF NOT EXISTS " : "";
        const std::string declared =
            alter_ + fmt::format("ADD COLUMN {}{} {}", unless_there, name, column.sql_type);
        if (!missing || new_.mode == TableMode::Append) {
            adds_.push_back(declared);
            return;
        }
        const FilledColumn fill{column, *missing};
        // PostgreSQL fills by its catalog alone. DuckDB takes a default of another type than the column's for
        // a value of that type, and one with a cast for an UPDATE, after which it can't alter any more.
        if (new_.kind == WarehouseKind::DuckDb || new_.mode == TableMode::Scd2) {
            adds_.push_back(declared);
            ddl_.fills.push_back(fill);
            return;
        }
        adds_.push_back(fmt::format("{} DEFAULT {}", declared, exact_literal(new_, fill)));
        adds_.push_back(alter_ + fmt::format("ALTER COLUMN {} DROP DEFAULT", name));
    }

    /// Where columns swap names, or one takes another's, by a name in between.
    void rename() {
        std::set<std::string> present;
        for (const TargetColumn& column : old_.columns) present.insert(folded(new_.kind, column.name));
        const bool clash = std::any_of(renames_.begin(), renames_.end(), [&](const auto& rename) {
            return present.contains(folded(new_.kind, rename.second));
        });
        const auto say = [&](const std::string& from, const std::string& to) {
            ddl_.statements.push_back(
                alter_ + fmt::format("RENAME COLUMN {} TO {}", quote_identifier(from), quote_identifier(to)));
        };
        if (clash) {
            for (std::size_t i = 0; i < renames_.size(); ++i) {
                const std::string between = fmt::format("_walferry_renamed_{}", i);
                say(std::exchange(renames_[i].first, between), between);
            }
        }
        for (const auto& [from, to] : renames_) say(from, to);
    }

    const TablePlan& old_;
    const TablePlan& new_;
    const ShapeChange& change_;
    std::string alter_;
    TargetDdl ddl_;
    std::set<std::size_t> continued_;
    std::vector<std::pair<std::string, std::string>> renames_;
    std::vector<std::string> constraints_, types_, adds_;
};

/// One past an identifier that is quoted where it has to be.
std::size_t end_of_identifier(const std::string& sql, std::size_t at) {
    if (at < sql.size() && sql[at] == '"') {
        for (++at; at < sql.size(); ++at) {
            if (sql[at] != '"') continue;
            if (at + 1 == sql.size() || sql[at + 1] != '"') return at + 1;
            ++at;
        }
        return at;
    }
    return std::min(sql.find_first_of(".(", at), sql.size());
}

/// Empty where the value is no array.
std::string json_literal(const FilledColumn& fill) {
    const ColumnEncoding encoding{Encoding::ArrayJson, Encoding::Text, fill.column.encoding.element_oid};
    std::string json(encoded_bytes_max(encoding, fill.value.size()), '\0');
    char* const end = encode_text(encoding, fill.value, json.data());
    if (end == nullptr) return "";
    json.resize(static_cast<std::size_t>(end - json.data()));
    return fmt::format("{}::{}", quote_literal(json), fill.column.sql_type);
}

}  // namespace

std::vector<std::size_t> unlike_columns(const TablePlan& old_plan, const TablePlan& new_plan,
                                        const ShapeChange& change) {
    std::vector<std::size_t> unlike;
    for (std::size_t i = 0; i < new_plan.data_count(); ++i) {
        const auto before = old_position(old_plan, new_plan, change, i);
        if (!before || change.shape.columns[new_plan.source_index[i]].dropped) continue;
        if (!widens(new_plan.kind, old_plan.columns[*before].sql_type, new_plan.columns[i].sql_type))
            unlike.push_back(new_plan.source_index[i]);
    }
    return unlike;
}

TargetDdl target_ddl(const TablePlan& old_plan, const TablePlan& new_plan, const ShapeChange& change) {
    return Ddl(old_plan, new_plan, change).run();
}

std::string fill_sql(const TablePlan& new_plan, const FilledColumn& fill, const std::string& value) {
    const std::string current =
        new_plan.mode == TableMode::Scd2
            ? " WHERE " + quote_identifier(new_plan.own_column(history_place::is_current).name)
            : "";
    return fmt::format("UPDATE {} SET {} = {}{}", to_sql(new_plan.target), quote_identifier(fill.column.name),
                       value, current);
}

std::string exact_literal(const TablePlan& plan, const FilledColumn& fill) {
    const Encoding encoding = fill.column.encoding.kind;
    if (encoding == Encoding::ArrayJson || encoding == Encoding::ArrayJsonb) return json_literal(fill);
    const std::string literal = fmt::format("{}::{}", quote_literal(fill.value), fill.column.sql_type);
    if (plan.kind == WarehouseKind::Postgres) return literal;
    // DuckDB reads dates and times of its own; a number that does not fit its DECIMAL it would round.
    switch (encoding) {
        case Encoding::Bool:
        case Encoding::Int2:
        case Encoding::Int4:
        case Encoding::Int8:
        case Encoding::Oid:
        case Encoding::Uuid:
        case Encoding::Text:
            return literal;
        default:
            return "";
    }
}

std::string create_renamed(const std::string& sql, const TargetName& name) {
    constexpr std::string_view create = "CREATE TABLE ";
    std::size_t at = create.size();
    for (at = end_of_identifier(sql, at); at < sql.size() && sql[at] == '.';)
        at = end_of_identifier(sql, at + 1);
    return fmt::format("{}{}{}", create, to_sql(name), sql.substr(at));
}

std::vector<std::string> renew_sql(const TablePlan& old_plan, const std::string& create_sql,
                                   const std::string& new_name) {
    const TargetName name{old_plan.target.catalog, old_plan.target.schema, new_name};
    const std::string target = to_sql(old_plan.target);
    return {
        create_renamed(create_sql, name),
        fmt::format("INSERT INTO {} SELECT * FROM {}", to_sql(name), target),
        fmt::format("DROP TABLE {}", target),
        fmt::format("ALTER TABLE {} RENAME TO {}", to_sql(name), quote_identifier(old_plan.target.table))};
}

std::vector<std::string> latest_ddl(const TablePlan& old_plan, const TablePlan& new_plan,
                                    const ShapeChange& change) {
    if (!old_plan.keeps_latest() && !new_plan.keeps_latest()) return {};
    if (!old_plan.keeps_latest()) return {create_latest_sql(new_plan)};
    if (!new_plan.keeps_latest()) return {"DROP TABLE " + to_sql(old_plan.latest)};
    TargetName beside = new_plan.latest;
    beside.table += "_new";
    TablePlan made = new_plan;
    made.latest = beside;
    std::vector<std::string> to, from;
    for (std::size_t i = 0; i < new_plan.data_count(); ++i) {
        const auto before = old_position(old_plan, new_plan, change, i);
        if (!before || change.shape.columns[new_plan.source_index[i]].dropped) continue;
        to.push_back(fmt::format("c{}", i));
        from.push_back(fmt::format("c{}", *before));
    }
    return {
        create_latest_sql(made),
        fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", to_sql(beside), fmt::join(to, ", "),
                    fmt::join(from, ", "), to_sql(old_plan.latest)),
        "DROP TABLE " + to_sql(old_plan.latest),
        fmt::format("ALTER TABLE {} RENAME TO {}", to_sql(beside), quote_identifier(new_plan.latest.table))};
}

}  // namespace walferry
