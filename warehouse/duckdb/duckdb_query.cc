#include "warehouse/duckdb/duckdb_query.h"

#include "warehouse/duckdb/duckdb_errors.h"
#include "warehouse/duckdb/duckdb_handles.h"

namespace walferry {
namespace {

/// Types that the C API turns into text as DuckDB itself does; nested types, for one, it can't.
bool prints_itself(duckdb_type type) {
    switch (type) {
        case DUCKDB_TYPE_BOOLEAN:
        case DUCKDB_TYPE_TINYINT:
        case DUCKDB_TYPE_SMALLINT:
        case DUCKDB_TYPE_INTEGER:
        case DUCKDB_TYPE_BIGINT:
        case DUCKDB_TYPE_UTINYINT:
        case DUCKDB_TYPE_USMALLINT:
        case DUCKDB_TYPE_UINTEGER:
        case DUCKDB_TYPE_UBIGINT:
        case DUCKDB_TYPE_HUGEINT:
        case DUCKDB_TYPE_FLOAT:
        case DUCKDB_TYPE_DOUBLE:
        case DUCKDB_TYPE_VARCHAR:
            return true;
        default:
            return false;
    }
}

Result<PreparedStatement> prepare(duckdb_connection connection, const std::string& sql) {
    PreparedStatement statement;
    if (duckdb_prepare(connection, sql.c_str(), statement.out()) == DuckDBError) {
        return duckdb_error(DUCKDB_ERROR_INVALID, duckdb_prepare_error(statement.get()));
    }
    return statement;
}

/// Whether the C API prints all columns; only a SELECT can be helped where it does not.
bool prints_itself(duckdb_prepared_statement statement) {
    if (duckdb_prepared_statement_type(statement) != DUCKDB_STATEMENT_TYPE_SELECT) return true;
    for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement); ++i) {
        if (!prints_itself(duckdb_prepared_statement_column_type(statement, i))) return false;
    }
    return true;
}

/// The names as the statement gives them. Where types wait for their parameters there is but one, called
/// "unknown".
std::vector<std::string> column_names(duckdb_prepared_statement statement) {
    std::vector<std::string> names;
    for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement); ++i) {
        if (duckdb_prepared_statement_column_type(statement, i) == DUCKDB_TYPE_INVALID) return {};
        const char* name = duckdb_prepared_statement_column_name(statement, i);
        names.emplace_back(name != nullptr ? name : "");
        duckdb_free(const_cast<char*>(name));
    }
    return names;
}

std::vector<std::string> column_names(duckdb_result* result, idx_t count) {
    std::vector<std::string> names;
    for (idx_t i = 0; i < count; ++i) names.emplace_back(duckdb_column_name(result, i));
    return names;
}

/// The same SELECT with each column cast to VARCHAR by DuckDB. The order of rows survives: a projection keeps
/// it.
std::string as_text(std::string sql) {
    const std::size_t last = sql.find_last_not_of("; \t\r\n");
    sql.resize(last == std::string::npos ? 0 : last + 1);
    return "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (" + sql + "\n)";
}

Status bind(duckdb_prepared_statement statement, std::span<const std::optional<std::string>> parameters) {
    for (idx_t i = 0; i < parameters.size(); ++i) {
        const auto& value = parameters[i];
        const duckdb_state state =
            value ? duckdb_bind_varchar_length(statement, i + 1, value->data(), value->size())
                  : duckdb_bind_null(statement, i + 1);
        if (state == DuckDBError) return duckdb_error(DUCKDB_ERROR_INVALID, duckdb_prepare_error(statement));
    }
    return success();
}

Result<std::optional<std::string>> cell(duckdb_result* result, idx_t column, idx_t row) {
    if (duckdb_value_is_null(result, column, row)) return std::optional<std::string>();
    const duckdb_string text = duckdb_value_string(result, column, row);
    if (text.data == nullptr) {
        return Error{ErrorKind::Internal, "DuckDB can't print this type outside of a SELECT", {}, {}};
    }
    std::optional<std::string> value(std::in_place, text.data, text.size);
    duckdb_free(text.data);
    return value;
}

}  // namespace

Result<QueryResult> run_query(duckdb_connection connection, const std::string& sql,
                              std::span<const std::optional<std::string>> parameters) {
    WALFERRY_TRY(statement, prepare(connection, sql));
    QueryResult answer;
    answer.columns = column_names(statement.get());
    if (!prints_itself(statement.get())) {
        WALFERRY_TRY(text_statement, prepare(connection, as_text(sql)));
        statement = std::move(text_statement);
    }
    WALFERRY_TRYV(bind(statement.get(), parameters));
    ResultHandle result;
    if (duckdb_execute_prepared(statement.get(), result.out()) == DuckDBError) {
        return duckdb_error(duckdb_result_error_type(result.out()), duckdb_result_error(result.out()));
    }
    if (duckdb_result_return_type(*result.out()) != DUCKDB_RESULT_TYPE_QUERY_RESULT) return answer;
    const idx_t column_count = duckdb_column_count(result.out());
    if (answer.columns.size() != column_count) answer.columns = column_names(result.out(), column_count);
    const idx_t row_count = duckdb_row_count(result.out());
    answer.rows.resize(row_count);
    for (idx_t row = 0; row < row_count; ++row) {
        for (idx_t column = 0; column < column_count; ++column) {
            WALFERRY_TRY(value, cell(result.out(), column, row));
            answer.rows[row].push_back(std::move(value));
        }
    }
    return answer;
}

}  // namespace walferry
