#include "pipeline/verify/partition_condition.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/verify/condition_text.h"

namespace walferry {
namespace {

using Kind = ConditionToken::Kind;

Error refused(const PartitionLevel& level, const std::string& why) {
    return Error{ErrorKind::Configuration, fmt::format("{} {}", level.name, why),
                 "name the rows by --where, or take the whole table", ""};
}

/// A bound as PostgreSQL prints it: FOR VALUES IN ('a', NULL), FOR VALUES FROM (1, MINVALUE) TO (5, 2).
class BoundReader {
 public:
    explicit BoundReader(const PartitionLevel& level) : level_(level), words_(level.bound) {}

    Result<RowCondition> run() {
        WALFERRY_TRYV(skip({"for", "values"}));
        WALFERRY_TRY(how, words_.next());
        RowCondition condition;
        if (how.is_word("in")) {
            WALFERRY_TRY(values, read_list());
            condition.terms.push_back(list_term(values));
            return condition;
        }
        if (!how.is_word("from")) return unreadable();
        WALFERRY_TRY(from, read_list());
        WALFERRY_TRYV(skip({"to"}));
        WALFERRY_TRY(to, read_list());
        if (from.size() != level_.columns.size() || to.size() != level_.columns.size()) return unreadable();
        add_bound(condition, from, ConditionOp::GreaterEqual, ConditionOp::Greater);
        add_bound(condition, to, ConditionOp::Less, ConditionOp::LessEqual);
        return condition;
    }

 private:
    using Tokens = std::vector<ConditionToken>;

    Error unreadable() const { return refused(level_, "has a bound that can't be read: " + level_.bound); }

    Status skip(std::initializer_list<const char*> words) {
        for (const char* const word : words) {
            WALFERRY_TRY(token, words_.next());
            if (!token.is_word(word)) return unreadable();
        }
        return success();
    }

    Result<Tokens> read_list() {
        Tokens values;
        WALFERRY_TRY(open, words_.next());
        if (!open.is_sign("(")) return unreadable();
        for (;;) {
            WALFERRY_TRY(value, words_.next());
            WALFERRY_TRY(then, words_.next());
            values.push_back(std::move(value));
            if (then.is_sign(")")) return values;
            if (!then.is_sign(",")) return unreadable();
        }
    }

    ConditionTerm list_term(const Tokens& values) const {
        ConditionTerm term;
        term.columns = level_.columns;
        term.op = ConditionOp::In;
        for (const ConditionToken& value : values) {
            if (value.is_word("null")) {
                term.or_null = true;
            } else {
                term.values.push_back({value.text, 0});
            }
        }
        if (!term.values.empty()) return term;
        term.op = ConditionOp::IsNull;
        term.or_null = false;
        return term;
    }

    /// Rows are compared with the values before the first MINVALUE or MAXVALUE. Of rows that are equal in
    /// these, all are above a bound that goes on with MINVALUE, as above a whole one that is met; and none is
    /// above one that goes on with MAXVALUE.
    void add_bound(RowCondition& condition, const Tokens& values, ConditionOp whole,
                   ConditionOp at_maximum) const {
        const auto end = std::find_if(values.begin(), values.end(), [](const ConditionToken& value) {
            return value.is_word("minvalue") || value.is_word("maxvalue");
        });
        if (end == values.begin()) return;  // all rows
        ConditionTerm term;
        term.op = end != values.end() && end->is_word("maxvalue") ? at_maximum : whole;
        for (auto value = values.begin(); value != end; ++value) {
            term.columns.push_back(level_.columns[static_cast<std::size_t>(value - values.begin())]);
            term.values.push_back({value->text, 0});
        }
        condition.terms.push_back(std::move(term));
    }

    const PartitionLevel& level_;
    ConditionText words_;
};

}  // namespace

Result<RowCondition> partition_condition(const Partition& partition) {
    RowCondition all;
    for (const PartitionLevel& level : partition.levels) {
        if (level.bound == "DEFAULT") return refused(level, "is a default partition, which has no bound");
        if (level.strategy == 'h') return refused(level, "is a partition by hash, which has no bound");
        const bool has_expression =
            std::find(level.columns.begin(), level.columns.end(), "") != level.columns.end();
        if (has_expression) return refused(level, "is a partition by an expression, not by columns");
        WALFERRY_TRY(condition, BoundReader(level).run());
        for (ConditionTerm& term : condition.terms) all.terms.push_back(std::move(term));
    }
    return all;
}

}  // namespace walferry
