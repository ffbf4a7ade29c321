#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace walferry {

/// A value as it was written, without its quotes.
struct ConditionValue {
    std::string text;
    std::size_t at = 0;  ///< where it stands in the condition, from 1; 0: in none
};

enum class ConditionOp {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Between,
    In,
    IsNull,
    IsNotNull
};

/// One comparison. Several columns are compared as a row is, the first of them first: with as many values,
/// and by Less, LessEqual, Greater or GreaterEqual only.
struct ConditionTerm {
    std::vector<std::string> columns;  ///< at the source, as they are
    ConditionOp op = ConditionOp::Equal;
    std::vector<ConditionValue> values;  ///< two of Between, one or more of In
    bool or_null = false;                ///< or the column is NULL
    std::size_t at = 0;                  ///< where it begins in the condition, from 1; 0: in none
};

/// Which rows of a table are meant: those for which all terms are true.
struct RowCondition {
    std::vector<ConditionTerm> terms;
};

/// Reads what `--where` takes, a small part of SQL:
///
///   term AND term …, each of them
///     COLUMN = <> < <= > >= VALUE · COLUMN BETWEEN VALUE AND VALUE · COLUMN IN (VALUE, …) ·
///     COLUMN IS [NOT] NULL
///
/// Columns plain (then in lower case) or "quoted"; values 'quoted', numbers, true or false. Pure. Kind
/// Configuration: what is wrong at which character, and what may stand there.
Result<RowCondition> parse_condition(std::string_view text);

/// Whether values of the term are put in an order.
bool is_ordering(ConditionOp op);

/// SQL of the condition; `column` gives the name of a column, `value` a literal for it.
std::string condition_sql(
    const RowCondition& condition, const std::function<std::string(const std::string& column)>& column,
    const std::function<std::string(const std::string& column, const ConditionValue&)>& value);

}  // namespace walferry
