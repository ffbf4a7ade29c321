#include "warehouse/duckdb/duckdb_hash_scan.h"

#include <fmt/format.h>

#include "warehouse/duckdb/duckdb_errors.h"
#include "warehouse/duckdb/duckdb_handles.h"
#include "warehouse/duckdb/vector_hash.h"

namespace walferry {
namespace {

using PendingResult = DuckDbHandle<duckdb_pending_result, duckdb_destroy_pending>;

class ChunkHashes : public HashedRows {
 public:
    explicit ChunkHashes(std::size_t columns) { column_hashes.resize(columns); }

    void hash(const std::vector<VectorHash>& hashes, std::size_t key_count, duckdb_data_chunk chunk) {
        chunk_ = chunk;
        count = duckdb_data_chunk_get_size(chunk);
        key_hashes.assign(count, 0);
        row_hashes.assign(count, 0);
        for (std::size_t i = 0; i < hashes.size(); ++i) {
            std::vector<std::uint64_t>& column = column_hashes[i];
            column.resize(count);
            hashes[i].hash(duckdb_data_chunk_get_vector(chunk, i), count, column.data());
            for (std::size_t row = 0; row < count; ++row) row_hashes[row] ^= column[row];
            if (i + 1 == key_count) key_hashes = row_hashes;
        }
    }

    std::optional<std::string_view> text(std::size_t place, std::size_t row) const override {
        const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk_, column_hashes.size() + place);
        std::uint64_t* validity = duckdb_vector_get_validity(vector);
        if (validity != nullptr && !duckdb_validity_row_is_valid(validity, row)) return std::nullopt;
        auto* texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
        return std::string_view(duckdb_string_t_data(texts + row), duckdb_string_t_length(texts[row]));
    }

 private:
    duckdb_data_chunk chunk_ = nullptr;
};

Error statement_error(const char* message) {
    return duckdb_error(DUCKDB_ERROR_INVALID, message);
}

Result<std::vector<VectorHash>> make_hashes(duckdb_result* result, std::span<const HashedColumn> columns) {
    std::vector<VectorHash> hashes;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const LogicalType type(duckdb_column_logical_type(result, i));
        auto hash = VectorHash::create(columns[i], type.get());
        if (!hash) {
            return Error{ErrorKind::Schema,
                         fmt::format("column {} of the target has another type than walferry gave it",
                                     duckdb_column_name(result, i)),
                         "`walferry check CONFIG` names it", ""};
        }
        hashes.push_back(std::move(*hash));
    }
    return hashes;
}

}  // namespace

Status scan_hashes(duckdb_connection connection, const std::string& sql,
                   std::span<const HashedColumn> columns, std::size_t key_count, const TakeHashedRows& take) {
    PreparedStatement statement;
    if (duckdb_prepare(connection, sql.c_str(), statement.out()) == DuckDBError)
        return statement_error(duckdb_prepare_error(statement.get()));
    PendingResult pending;
    if (duckdb_pending_prepared_streaming(statement.get(), pending.out()) == DuckDBError)
        return statement_error(duckdb_pending_error(pending.get()));
    ResultHandle result;
    if (duckdb_execute_pending(pending.get(), result.out()) == DuckDBError)
        return duckdb_error(duckdb_result_error_type(result.out()), duckdb_result_error(result.out()));
    WALFERRY_TRY(hashes, make_hashes(result.out(), columns));
    ChunkHashes rows(columns.size());
    for (;;) {
        const DataChunk chunk(duckdb_fetch_chunk(*result.out()));
        if (chunk.get() == nullptr) break;
        if (duckdb_data_chunk_get_size(chunk.get()) == 0) continue;
        rows.hash(hashes, key_count, chunk.get());
        WALFERRY_TRYV(take(rows));
    }
    const char* failure = duckdb_result_error(result.out());
    if (failure == nullptr) return success();
    return duckdb_error(duckdb_result_error_type(result.out()), failure);
}

}  // namespace walferry
