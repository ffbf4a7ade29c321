#include "pipeline/verify/bound_condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "model/edit_distance.h"
#include "model/pg_types.h"
#include "model/quote.h"
#include "warehouse/row_hash/value_form.h"

namespace walferry {
namespace {

constexpr std::size_t name_bytes_max = 63;

/// A column of the condition on both sides.
struct BoundColumn {
    const SourceColumn* source = nullptr;
    const TargetColumn* target = nullptr;
    ValueForm form = ValueForm::Text;
};

Error wrong(std::size_t at, const std::string& what) {
    return Error{ErrorKind::Configuration, at == 0 ? what : fmt::format("at character {}: {}", at, what), "",
                 ""};
}

bool has_order(std::uint32_t type) {
    return pg_types::is_number(type) || type == pg_types::date || type == pg_types::time ||
           type == pg_types::timestamp || type == pg_types::timestamptz;
}

/// Types whose equality is not that of their texts, nor the same in both warehouses.
bool has_plain_equality(const SourceType& type) {
    const std::uint32_t without[] = {pg_types::interval, pg_types::timetz, pg_types::money, pg_types::json};
    return !type.is_array() && type.kind != 'c' &&
           std::find(std::begin(without), std::end(without), type.oid) == std::end(without);
}

/// Whether numbers and times are numbers and times in the target, too.
bool is_kept_in_kind(const TablePlan& plan, const BoundColumn& column) {
    if (!has_order(column.source->type.oid)) return true;
    if (plan.kind == WarehouseKind::Postgres && column.target->sql_type == column.source->type.sql)
        return true;
    return column.form != ValueForm::Text;
}

std::string nearest_column(const SourceTable& table, const std::string& unknown) {
    const SourceColumn* nearest = nullptr;
    std::size_t nearest_distance = 0;
    for (const SourceColumn& column : table.columns) {
        if (column.dropped) continue;
        const std::size_t distance = edit_distance(unknown.substr(0, name_bytes_max), column.name);
        if (nearest != nullptr && distance >= nearest_distance) continue;
        nearest = &column;
        nearest_distance = distance;
    }
    if (nearest == nullptr) return {};
    const bool is_plain = std::all_of(nearest->name.begin(), nearest->name.end(), [](unsigned char letter) {
        return std::islower(letter) != 0 || std::isdigit(letter) != 0 || letter == '_';
    });
    return is_plain ? nearest->name : quote_identifier(nearest->name);
}

class Binder {
 public:
    Binder(const TablePlan& plan, SourceQuery& query) : plan_(plan), query_(query) {}

    Result<BoundCondition> run(const RowCondition& condition) {
        RowCondition canonical = condition;
        for (ConditionTerm& term : canonical.terms) {
            WALFERRY_TRYV(bind(term));
        }
        BoundCondition bound;
        bound.source_sql = condition_sql(
            canonical, [](const std::string& column) { return quote_identifier(column); },
            // Without a cast it is read as what the column is, so that an index serves.
            [](const std::string&, const ConditionValue& value) { return quote_literal(value.text); });
        bound.target_sql = condition_sql(
            canonical, [&](const std::string& column) { return target_column(columns_.at(column)); },
            [&](const std::string& column, const ConditionValue& value) {
                return target_literal(columns_.at(column), value.text);
            });
        const auto planned = query_.rows(
            fmt::format("EXPLAIN SELECT 1 FROM {} WHERE {}", source_from(plan_.source), bound.source_sql));
        if (!planned) return of_usage(planned.error(), 0);
        return bound;
    }

 private:
    static Error of_usage(const Error& error, std::size_t at) {
        if (error.kind == ErrorKind::Connection || error.kind == ErrorKind::Cancelled) return error;
        return wrong(at, error.message);
    }

    Status bind(ConditionTerm& term) {
        for (std::size_t i = 0; i < term.columns.size(); ++i) {
            WALFERRY_TRY(column, find(term, term.columns[i]));
            columns_[term.columns[i]] = column;
            for (std::size_t k = 0; k < term.values.size(); ++k) {
                if (term.columns.size() > 1 && k != i) continue;
                WALFERRY_TRYV(make_canonical(*column.source, term.values[k]));
            }
        }
        return success();
    }

    Result<BoundColumn> find(const ConditionTerm& term, const std::string& name) const {
        const SourceTable& table = plan_.source;
        BoundColumn column;
        for (const SourceColumn& each : table.columns) {
            if (each.name == name && !each.dropped) column.source = &each;
        }
        if (column.source == nullptr) {
            const std::string nearest = nearest_column(table, name);
            return wrong(term.at,
                         fmt::format("{} has no column {}{}", table.qualified_name(), name,
                                     nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
        }
        switch (plan_.column_rules.of(name)) {
            case ColumnRule::Exclude:
                return wrong(term.at, fmt::format("{} is excluded: the warehouse does not have it", name));
            case ColumnRule::Hash:
                return wrong(term.at,
                             fmt::format("{} is hashed: the warehouse does not have its values", name));
            case ColumnRule::Mask:
                return wrong(term.at,
                             fmt::format("{} is masked: the warehouse does not have its values", name));
            case ColumnRule::Clear:
                break;
        }
        for (std::size_t i = 0; i < plan_.data_count(); ++i) {
            if (&table.columns[plan_.source_index[i]] == column.source) column.target = &plan_.columns[i];
        }
        if (column.target == nullptr)
            return wrong(term.at, fmt::format("{} has no column for {}", to_string(plan_.target), name));
        WALFERRY_TRYV(check_type(term, column));
        return column;
    }

    Status check_type(const ConditionTerm& term, BoundColumn& column) const {
        if (term.values.empty()) return success();
        const SourceType& type = column.source->type;
        const std::string what = fmt::format("{} is {}", column.source->name, type.sql);
        const auto compared = compare_as(*column.source, *column.target, plan_.kind, 0);
        if (!has_plain_equality(type))
            return wrong(term.at, what + ": values of that type can't stand in a condition");
        if (compared) column.form = compared->hashed.form;
        if (!compared || !is_kept_in_kind(plan_, column)) {
            return wrong(term.at,
                         fmt::format("{}, and {} in {}: their values can't be compared by a condition", what,
                                     column.target->sql_type, to_string(plan_.target)));
        }
        if (is_ordering(term.op) && !has_order(type.oid))
            return wrong(term.at,
                         what + ": only numbers, dates and times can be put in an order; use = or IN");
        return success();
    }

    Status make_canonical(const SourceColumn& column, ConditionValue& value) {
        auto read = query_.rows(fmt::format("SELECT pg_catalog.concat({}::{}.{})", quote_literal(value.text),
                                            quote_identifier(column.type.schema),
                                            quote_identifier(column.type.name)));
        if (!read) return of_usage(read.error().in(column.name), value.at);
        value.text = read.value().at(0).at(0).value_or("");
        return success();
    }

    bool is_duckdb() const { return plan_.kind == WarehouseKind::DuckDb; }

    std::string target_column(const BoundColumn& column) const {
        const std::string name = quote_identifier(column.target->name);
        // char(n): blanks at the end do not count.
        const bool is_padded = column.source->type.oid == pg_types::bpchar;
        return is_padded && is_duckdb() ? fmt::format("rtrim({}, ' ')", name) : name;
    }

    std::string target_literal(const BoundColumn& column, const std::string& text) const {
        if (!is_duckdb()) return quote_literal(text);
        if (column.source->type.oid == pg_types::bpchar)
            return fmt::format("rtrim({}, ' ')", quote_literal(text));
        switch (column.form) {
            case ValueForm::Bytes:  // \x…
                return fmt::format("unhex({})", quote_literal(text.substr(2)));
            case ValueForm::Numeric:
                return numeric_literal(text);
            case ValueForm::Text:
                return quote_literal(text);
            case ValueForm::Date:
            case ValueForm::Micros:
                return fmt::format("CAST({} AS {})", quote_literal(duckdb_era(text)),
                                   column.target->sql_type);
            default:
                return fmt::format("CAST({} AS {})", quote_literal(text), column.target->sql_type);
        }
    }

    /// Not in the column's own precision, into which it would be rounded.
    static std::string numeric_literal(const std::string& text) {
        const bool is_finite = std::all_of(text.begin(), text.end(), [](unsigned char letter) {
            return std::isdigit(letter) != 0 || letter == '.' || letter == '-';
        });
        return is_finite ? text : fmt::format("CAST({} AS DOUBLE)", quote_literal(text));
    }

    /// 0044-03-15 12:00:00 BC is 0044-03-15 (BC) 12:00:00 there.
    static std::string duckdb_era(std::string text) {
        if (!text.ends_with(" BC")) return text;
        text.resize(text.size() - 3);
        return text.insert(std::min(text.find(' '), text.size()), " (BC)");
    }

    const TablePlan& plan_;
    SourceQuery& query_;
    std::map<std::string, BoundColumn> columns_;
};

}  // namespace

Result<BoundCondition> bind_condition(const RowCondition& condition, const TablePlan& plan,
                                      SourceQuery& query) {
    return Binder(plan, query).run(condition);
}

}  // namespace walferry
