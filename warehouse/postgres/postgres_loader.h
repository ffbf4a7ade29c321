#pragma once

#include <memory>
#include <span>
#include <string>

#include "warehouse/postgres/postgres_connection.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// COPY … FROM STDIN into one table. Rows are gathered in a buffer of fixed size; libpq's blocking mode
/// brings the server's pace back to the caller.
class PostgresLoader : public RowLoader {
 public:
    /// `connection` must outlive the loader.
    static Result<std::unique_ptr<RowLoader>> start(PostgresConnection& connection, const TargetName& target,
                                                    std::span<const TargetColumn> columns, LoadFormat format);
    ~PostgresLoader() override;

    Status append(std::string_view row) override;
    Status finish() override;

 private:
    PostgresLoader(PostgresConnection& connection, std::size_t columns, LoadFormat format);

    Status put(std::string_view bytes);
    Status put_text_row(std::string_view row);
    Status send();
    /// Takes COPY's answer and leaves the connection ready for the next statement.
    Status take_result();

    PostgresConnection& connection_;
    std::size_t columns_;
    LoadFormat format_;
    std::string buffer_;
    std::string line_;  ///< of the text format, kept for its memory
    bool open_ = true;
};

/// Appends `text` to `line` as a field of COPY's text format
/// (https://www.postgresql.org/docs/current/sql-copy.html, "Text Format").
void append_copy_text(std::string& line, std::string_view text);

}  // namespace walferry
