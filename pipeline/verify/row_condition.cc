#include "pipeline/verify/row_condition.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <optional>

#include "pipeline/verify/condition_text.h"

namespace walferry {
namespace {

using Kind = ConditionToken::Kind;
using Op = ConditionOp;

const std::map<std::string, Op, std::less<>>& operators() {
    static const std::map<std::string, Op, std::less<>> all = {{"=", Op::Equal},   {"<>", Op::NotEqual},
                                                               {"<", Op::Less},    {"<=", Op::LessEqual},
                                                               {">", Op::Greater}, {">=", Op::GreaterEqual}};
    return all;
}

std::string sign_of(Op op) {
    for (const auto& [sign, each] : operators()) {
        if (each == op) return sign;
    }
    return {};
}

bool is_reserved(const ConditionToken& token) {
    for (const char* word : {"and", "or", "not", "in", "is", "null", "between", "true", "false"}) {
        if (token.is_word(word)) return true;
    }
    return false;
}

class Parser {
 public:
    explicit Parser(std::string_view text) : words_(text) {}

    Result<RowCondition> run() {
        RowCondition condition;
        for (;;) {
            WALFERRY_TRY(term, read_term());
            condition.terms.push_back(std::move(term));
            WALFERRY_TRY(then, words_.next());
            if (then.kind == Kind::End) return condition;
            if (!then.is_word("and")) return condition_error(then, "AND or the end may stand there");
        }
    }

 private:
    Result<ConditionTerm> read_term() {
        WALFERRY_TRY(column, words_.next());
        const bool is_name = column.kind == Kind::Name || (column.kind == Kind::Word && !is_reserved(column));
        if (!is_name) return condition_error(column, "a column's name has to stand there, plain or in \"\"");
        ConditionTerm term;
        term.columns = {column.text};
        term.at = column.at;
        WALFERRY_TRY(how, words_.next());
        if (how.kind == Kind::Sign && operators().contains(how.text)) {
            term.op = operators().find(how.text)->second;
            WALFERRY_TRYV(read_value(term));
        } else if (how.is_word("between")) {
            term.op = Op::Between;
            WALFERRY_TRYV(read_value(term));
            WALFERRY_TRYV(expect("and", Kind::Word));
            WALFERRY_TRYV(read_value(term));
        } else if (how.is_word("in")) {
            term.op = Op::In;
            WALFERRY_TRYV(read_list(term));
        } else if (how.is_word("is")) {
            WALFERRY_TRY(negated, words_.peek());
            term.op = negated.is_word("not") ? Op::IsNotNull : Op::IsNull;
            if (negated.is_word("not")) {
                WALFERRY_TRYV(words_.next());
            }
            WALFERRY_TRYV(expect("null", Kind::Word));
        } else {
            return condition_error(how, "= <> < <= > >=, BETWEEN, IN or IS has to stand there");
        }
        return term;
    }

    Status expect(const char* text, Kind kind) {
        WALFERRY_TRY(token, words_.next());
        if (token.kind == kind && token.text == text) return success();
        return condition_error(token,
                               fmt::format("{} has to stand there", kind == Kind::Word ? upper(text) : text));
    }

    static std::string upper(std::string text) {
        for (char& letter : text) letter = static_cast<char>(letter - 'a' + 'A');
        return text;
    }

    Status read_value(ConditionTerm& term) {
        WALFERRY_TRY(token, words_.next());
        const bool is_value = token.kind == Kind::Text || token.kind == Kind::Number ||
                              token.is_word("true") || token.is_word("false");
        if (token.is_word("null"))
            return condition_error(token, "NULL is compared by IS NULL and IS NOT NULL");
        if (!is_value)
            return condition_error(token, "a value has to stand there: 'text', a number, true or false");
        term.values.push_back({token.text, token.at});
        return success();
    }

    Status read_list(ConditionTerm& term) {
        WALFERRY_TRYV(expect("(", Kind::Sign));
        for (;;) {
            WALFERRY_TRYV(read_value(term));
            WALFERRY_TRY(then, words_.next());
            if (then.is_sign(")")) return success();
            if (!then.is_sign(",")) return condition_error(then, ", or ) has to stand there");
        }
    }

    ConditionText words_;
};

using Name = std::function<std::string(const std::string&)>;
using Value = std::function<std::string(const std::string&, const ConditionValue&)>;

/// (a, b) < (x, y) as a < x OR (a = x AND b < y), which says the same on every server.
std::string row_sql(const ConditionTerm& term, const Name& name, const Value& value) {
    const std::string strictly = term.op == Op::Less || term.op == Op::LessEqual ? "<" : ">";
    std::string sql;
    for (std::size_t i = term.columns.size(); i-- > 0;) {
        const std::string column = name(term.columns[i]), literal = value(term.columns[i], term.values[i]);
        if (sql.empty()) {
            sql = fmt::format("{} {} {}", column, sign_of(term.op), literal);
        } else {
            sql = fmt::format("({0} {1} {2} OR ({0} = {2} AND {3}))", column, strictly, literal, sql);
        }
    }
    return sql;
}

std::string term_sql(const ConditionTerm& term, const Name& name, const Value& value) {
    const std::string column = name(term.columns.front());
    std::vector<std::string> values;
    for (std::size_t i = 0; term.columns.size() == 1 && i < term.values.size(); ++i)
        values.push_back(value(term.columns.front(), term.values[i]));
    switch (term.op) {
        case Op::IsNull:
            return column + " IS NULL";
        case Op::IsNotNull:
            return column + " IS NOT NULL";
        case Op::Between:
            return fmt::format("{} BETWEEN {} AND {}", column, values.at(0), values.at(1));
        case Op::In:
            return fmt::format("{} IN ({})", column, fmt::join(values, ", "));
        default:
            return row_sql(term, name, value);
    }
}

}  // namespace

Result<RowCondition> parse_condition(std::string_view text) {
    return Parser(text).run();
}

bool is_ordering(ConditionOp op) {
    return op == Op::Less || op == Op::LessEqual || op == Op::Greater || op == Op::GreaterEqual ||
           op == Op::Between;
}

std::string condition_sql(const RowCondition& condition, const Name& column, const Value& value) {
    std::vector<std::string> terms;
    for (const ConditionTerm& term : condition.terms) {
        terms.push_back(term_sql(term, column, value));
        if (term.or_null)
            terms.back() = fmt::format("({} OR {} IS NULL)", terms.back(), column(term.columns.front()));
    }
    return fmt::format("{}", fmt::join(terms, " AND "));
}

}  // namespace walferry
