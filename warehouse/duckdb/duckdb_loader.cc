#include "warehouse/duckdb/duckdb_loader.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <utility>

#include "model/byte_order.h"
#include "warehouse/duckdb/duckdb_errors.h"
#include "warehouse/duckdb/value_text.h"

namespace walferry {
namespace {

constexpr std::size_t unflushed_bytes_max = 8u << 20;

const char* name_or_null(const std::string& name) {
    return name.empty() ? nullptr : name.c_str();
}

bool same_name(const std::string& a, const std::string& b) {
    return strcasecmp(a.c_str(), b.c_str()) == 0;
}

/// The table's column names, in its order.
Result<std::vector<std::string>> table_columns(duckdb_connection connection, const TargetName& target) {
    TableDescription description;
    const duckdb_state state = duckdb_table_description_create_ext(connection, name_or_null(target.catalog),
                                                                   name_or_null(target.schema),
                                                                   target.table.c_str(), description.out());
    if (state == DuckDBError) {
        Error error = duckdb_error(DUCKDB_ERROR_INVALID, duckdb_table_description_error(description.get()));
        if (error.kind == ErrorKind::Internal)
            error.kind = ErrorKind::Schema;  // "Table … could not be found"
        return error;
    }
    std::vector<std::string> names;
    while (char* name = duckdb_table_description_get_column_name(description.get(), names.size())) {
        names.emplace_back(name);
        duckdb_free(name);
    }
    return names;
}

}  // namespace

Result<std::unique_ptr<DuckDbLoader>> DuckDbLoader::create(duckdb_connection connection,
                                                           const TargetName& target,
                                                           std::span<const TargetColumn> columns) {
    std::unique_ptr<DuckDbLoader> loader(new DuckDbLoader());
    loader->table_ = to_string(target);
    const Status opened = loader->open(connection, target, columns);
    if (!opened) return opened.error().in("loading into " + loader->table_);
    return loader;
}

Status DuckDbLoader::open(duckdb_connection connection, const TargetName& target,
                          std::span<const TargetColumn> columns) {
    WALFERRY_TRY(names, table_columns(connection, target));
    std::vector<std::size_t> places;  // of the given columns in the table
    for (const TargetColumn& column : columns) {
        const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
            return same_name(name, column.name);
        });
        if (found == names.end()) {
            return Error{ErrorKind::Schema, fmt::format("there is no column {}", column.name), {}, {}};
        }
        places.push_back(static_cast<std::size_t>(found - names.begin()));
    }
    const duckdb_state state =
        duckdb_appender_create_ext(connection, name_or_null(target.catalog), name_or_null(target.schema),
                                   target.table.c_str(), appender_.out());
    if (state == DuckDBError) return appender_error();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto before =
            std::count_if(places.begin(), places.end(), [&](std::size_t p) { return p < places[i]; });
        columns_.push_back({columns[i], static_cast<idx_t>(before), {}});
    }
    // Chunks stand in the order of the table, for given another order the appender mixes up columns
    // (DuckDB 1.5). With all columns of the table no list is needed, which saves it a projection.
    if (columns.size() == names.size()) return bind_columns();
    std::sort(places.begin(), places.end());
    for (const std::size_t place : places) {
        if (duckdb_appender_add_column(appender_.get(), names[place].c_str()) == DuckDBError)
            return appender_error();
    }
    return bind_columns();
}

Status DuckDbLoader::bind_columns() {
    std::vector<LogicalType> types;
    std::vector<duckdb_logical_type> borrowed;
    for (idx_t i = 0; i < columns_.size(); ++i) {
        types.emplace_back(duckdb_appender_column_type(appender_.get(), i));
        borrowed.push_back(types.back().get());
    }
    for (LoadedColumn& column : columns_) {
        auto writer = VectorWriter::create(column.target.encoding, borrowed[column.position]);
        if (!writer) {
            return Error{ErrorKind::Schema,
                         fmt::format("the table's type of column {} can't take values of {}",
                                     column.target.name, column.target.sql_type),
                         {},
                         {}};
        }
        column.writer = std::move(*writer);
    }
    rows_max_ = duckdb_vector_size();
    chunk_ = DataChunk(duckdb_create_data_chunk(borrowed.data(), borrowed.size()));
    attach();
    return success();
}

void DuckDbLoader::attach() {
    for (LoadedColumn& column : columns_) {
        column.writer.attach(duckdb_data_chunk_get_vector(chunk_.get(), column.position));
    }
}

Status DuckDbLoader::append(std::string_view row) {
    WALFERRY_TRYV(put(row, false));
    unflushed_bytes_ += row.size();
    if (++rows_ == rows_max_) return append_chunk();
    return success();
}

/// The chunk is never given to the appender; it is emptied now and then, since lists in it grow.
Status DuckDbLoader::check(std::string_view row) {
    if (++checked_ % rows_max_ == 0) {
        duckdb_data_chunk_reset(chunk_.get());
        attach();
    }
    return put(row, true);
}

/// Writes the row to the chunk's next place.
Status DuckDbLoader::put(std::string_view row, bool checks) {
    const char* at = row.data();
    const char* const end = at + row.size();
    for (LoadedColumn& column : columns_) {
        if (end - at < 4) return Error{ErrorKind::Internal, table_ + ": a load row ends too early", {}, {}};
        const auto length = load_big_endian<std::int32_t>(at);
        at += 4;
        if (length == null_length) {
            if (column.target.not_null) return refused(column, "the column is NOT NULL", nullptr, length);
            column.writer.put_null(rows_);
            continue;
        }
        if (length == unchanged_length && checks) continue;
        if (length < 0 || length > end - at) {
            return Error{ErrorKind::Internal, table_ + ": a load row has a wrong length field", {}, {}};
        }
        const char* refusal = column.writer.put(rows_, at, length);
        if (refusal != nullptr) return refused(column, refusal, at, length);
        at += length;
    }
    return success();
}

Status DuckDbLoader::append_chunk() {
    for (LoadedColumn& column : columns_) column.writer.complete();
    duckdb_data_chunk_set_size(chunk_.get(), rows_);
    if (duckdb_append_data_chunk(appender_.get(), chunk_.get()) == DuckDBError)
        return appender_error().in(table_);
    duckdb_data_chunk_reset(chunk_.get());
    rows_ = 0;
    attach();
    // Left alone the appender collects 204,800 rows, however wide, before it gives them to the transaction.
    if (unflushed_bytes_ < unflushed_bytes_max) return success();
    unflushed_bytes_ = 0;
    if (duckdb_appender_flush(appender_.get()) == DuckDBError) return appender_error().in(table_);
    return success();
}

Status DuckDbLoader::finish() {
    if (rows_ > 0) {
        WALFERRY_TRYV(append_chunk());
    }
    if (duckdb_appender_close(appender_.get()) == DuckDBError) return appender_error().in(table_);
    return success();
}

Error DuckDbLoader::appender_error() const {
    duckdb_error_data data = duckdb_appender_error_data(appender_.get());
    Error error = duckdb_error(duckdb_error_data_error_type(data), duckdb_error_data_message(data));
    duckdb_destroy_error_data(&data);
    return error;
}

Error DuckDbLoader::refused(const LoadedColumn& column, const char* reason, const char* bytes,
                            std::int32_t length) const {
    const std::string value =
        bytes == nullptr ? "NULL"
                         : value_text(column.target.encoding.kind, {bytes, static_cast<std::size_t>(length)});
    return Error{ErrorKind::Data,
                 fmt::format("{}, column {}: {} can't be stored as {}: {}", table_, column.target.name, value,
                             column.target.sql_type, reason),
                 {},
                 {}};
}

}  // namespace walferry
