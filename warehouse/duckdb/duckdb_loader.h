#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "warehouse/duckdb/duckdb_handles.h"
#include "warehouse/duckdb/vector_writer.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Loads rows through DuckDB's appender, a vector at a time. Columns of the table that are not given take
/// their default value.
class DuckDbLoader : public RowLoader, public RowCheck {
 public:
    static Result<std::unique_ptr<DuckDbLoader>> create(duckdb_connection connection,
                                                        const TargetName& target,
                                                        std::span<const TargetColumn> columns);

    Status append(std::string_view row) override;
    Status finish() override;
    Status check(std::string_view row) override;

 private:
    struct LoadedColumn {
        TargetColumn target;
        idx_t position = 0;  // in the chunk, whose columns stand in the table's order
        VectorWriter writer;
    };

    DuckDbLoader() = default;

    Status open(duckdb_connection connection, const TargetName& target,
                std::span<const TargetColumn> columns);
    Status bind_columns();
    Status append_chunk();
    void attach();
    Status put(std::string_view row, bool checks);
    Error appender_error() const;
    Error refused(const LoadedColumn& column, const char* reason, const char* bytes,
                  std::int32_t length) const;

    std::string table_;
    std::vector<LoadedColumn> columns_;  // as the caller gave them
    Appender appender_;
    DataChunk chunk_;
    idx_t rows_ = 0;
    idx_t rows_max_ = 0;
    idx_t checked_ = 0;
    std::size_t unflushed_bytes_ = 0;  ///< handed to the appender, which holds them outside of memory_limit
};

}  // namespace walferry
