#include "warehouse/duckdb/duckdb_errors.h"

#include <array>
#include <string_view>

namespace walferry {
namespace {

struct TypeName {
    std::string_view prefix;
    duckdb_error_type type;
};
constexpr std::array<TypeName, 19> type_names = {{
    {"Binder Error", DUCKDB_ERROR_BINDER},
    {"Catalog Error", DUCKDB_ERROR_CATALOG},
    {"Constraint Error", DUCKDB_ERROR_CONSTRAINT},
    {"Conversion Error", DUCKDB_ERROR_CONVERSION},
    {"Decimal Error", DUCKDB_ERROR_DECIMAL},
    {"Divide by Zero Error", DUCKDB_ERROR_DIVIDE_BY_ZERO},
    {"FATAL Error", DUCKDB_ERROR_FATAL},
    {"INTERNAL Error", DUCKDB_ERROR_INTERNAL},
    {"INTERRUPT Error", DUCKDB_ERROR_INTERRUPT},
    {"IO Error", DUCKDB_ERROR_IO},
    {"Invalid Input Error", DUCKDB_ERROR_INVALID_INPUT},
    {"Invalid type Error", DUCKDB_ERROR_INVALID_TYPE},
    {"Mismatch Type Error", DUCKDB_ERROR_MISMATCH_TYPE},
    {"Not implemented Error", DUCKDB_ERROR_NOT_IMPLEMENTED},
    {"Out of Memory Error", DUCKDB_ERROR_OUT_OF_MEMORY},
    {"Out of Range Error", DUCKDB_ERROR_OUT_OF_RANGE},
    {"Parser Error", DUCKDB_ERROR_PARSER},
    {"Permission Error", DUCKDB_ERROR_PERMISSION},
    {"TransactionContext Error", DUCKDB_ERROR_TRANSACTION},
}};

duckdb_error_type type_of(std::string_view message) {
    for (const TypeName& name : type_names) {
        if (message.starts_with(name.prefix)) return name.type;
    }
    return DUCKDB_ERROR_INVALID;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

template <std::size_t n>
bool contains_any(std::string_view text, const std::array<std::string_view, n>& parts) {
    for (const std::string_view part : parts) {
        if (contains(text, part)) return true;
    }
    return false;
}

// Of an I/O error only the text says more.
constexpr std::array<std::string_view, 3> no_room = {"No space left", "Disk quota exceeded",
                                                     "File too large"};
constexpr std::array<std::string_view, 3> not_allowed = {"Permission denied", "read-only mode",
                                                         "Read-only file system"};
constexpr std::array<std::string_view, 3> no_database = {
    "not a valid DuckDB database file", "different version", "database file with version number"};

ErrorKind kind_of_transaction_error(std::string_view message) {
    if (contains(message, "constraint")) return ErrorKind::Data;
    if (contains(message, "onflict")) return ErrorKind::Serialization;
    return ErrorKind::Internal;
}

ErrorKind kind_of(duckdb_error_type type, std::string_view message) {
    if (type == DUCKDB_ERROR_FATAL || contains(message, "database has been invalidated"))
        return ErrorKind::Connection;
    if (type == DUCKDB_ERROR_INTERNAL) return ErrorKind::Internal;
    if (contains(message, "Conflicting lock") || contains(message, "Could not set lock"))
        return ErrorKind::Busy;
    if (type == DUCKDB_ERROR_IO || type == DUCKDB_ERROR_TRANSACTION || type == DUCKDB_ERROR_INVALID_INPUT) {
        if (contains_any(message, no_room)) return ErrorKind::Resource;
        if (contains_any(message, not_allowed) && !contains(message, "does not exist"))
            return ErrorKind::Permission;
    }
    switch (type) {
        case DUCKDB_ERROR_TRANSACTION:
            return kind_of_transaction_error(message);
        case DUCKDB_ERROR_IO:
            if (contains_any(message, no_database)) return ErrorKind::Schema;
            if (contains(message, "Cannot open file") && contains(message, "No such file or directory")) {
                return ErrorKind::Configuration;
            }
            return ErrorKind::Connection;
        case DUCKDB_ERROR_OUT_OF_MEMORY:
            return ErrorKind::Resource;
        case DUCKDB_ERROR_PERMISSION:
            return ErrorKind::Permission;
        case DUCKDB_ERROR_INTERRUPT:
            return ErrorKind::Cancelled;
        case DUCKDB_ERROR_CONSTRAINT:
        case DUCKDB_ERROR_CONVERSION:
        case DUCKDB_ERROR_OUT_OF_RANGE:
        case DUCKDB_ERROR_MISMATCH_TYPE:
        case DUCKDB_ERROR_DECIMAL:
        case DUCKDB_ERROR_DIVIDE_BY_ZERO:
        case DUCKDB_ERROR_OBJECT_SIZE:
            return ErrorKind::Data;
        case DUCKDB_ERROR_CATALOG:
        case DUCKDB_ERROR_BINDER:
        case DUCKDB_ERROR_DEPENDENCY:
            return ErrorKind::Schema;
        case DUCKDB_ERROR_CONNECTION:
            return ErrorKind::Connection;
        default:
            return ErrorKind::Internal;
    }
}

}  // namespace

Error duckdb_error(duckdb_error_type type, const char* message) {
    std::string text = message != nullptr ? message : "DuckDB reported an error without a message";
    if (type == DUCKDB_ERROR_INVALID) type = type_of(text);
    const ErrorKind kind = kind_of(type, text);
    std::string way_out;
    if (kind == ErrorKind::Busy) way_out = "end the process that holds the file";
    return Error{kind, std::move(text), std::move(way_out), {}};
}

}  // namespace walferry
