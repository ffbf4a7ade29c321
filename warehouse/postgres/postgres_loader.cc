#include "warehouse/postgres/postgres_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "model/byte_order.h"
#include "model/quote.h"
#include "warehouse/encoding/encoding.h"

namespace walferry {
namespace {

constexpr std::size_t buffer_bytes = 256u << 10;

/// Signature, flags, length of the header extension.
constexpr std::string_view binary_header("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view binary_trailer("\377\377", 2);

char escape_of(char c) {
    switch (c) {
        case '\b':
            return 'b';
        case '\f':
            return 'f';
        case '\n':
            return 'n';
        case '\r':
            return 'r';
        case '\t':
            return 't';
        case '\v':
            return 'v';
        case '\\':
            return '\\';
        default:
            return 0;
    }
}

}  // namespace

void append_copy_text(std::string& line, std::string_view text) {
    std::size_t from = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char escape = escape_of(text[i]);
        if (escape == 0) continue;
        line.append(text, from, i - from);
        line += '\\';
        line += escape;
        from = i + 1;
    }
    line.append(text, from);
}

Result<std::unique_ptr<RowLoader>> PostgresLoader::start(PostgresConnection& connection,
                                                         const TargetName& target,
                                                         std::span<const TargetColumn> columns,
                                                         LoadFormat format) {
    std::string names;
    for (const TargetColumn& column : columns) {
        if (!names.empty()) names += ", ";
        names += quote_identifier(column.name);
    }
    const std::string sql = fmt::format("COPY {} ({}) FROM STDIN (FORMAT {})", to_sql(target), names,
                                        format == LoadFormat::Binary ? "binary" : "text");
    const PostgresResult result(PQexec(connection.get(), sql.c_str()));
    if (PQresultStatus(result.get()) != PGRES_COPY_IN)
        return connection.error(result.get()).in(fmt::format("loading {}", to_string(target)));
    std::unique_ptr<PostgresLoader> loader(new PostgresLoader(connection, columns.size(), format));
    if (format == LoadFormat::Binary) {
        WALFERRY_TRYV(loader->put(binary_header));
    }
    return std::unique_ptr<RowLoader>(std::move(loader));
}

PostgresLoader::PostgresLoader(PostgresConnection& connection, std::size_t columns, LoadFormat format)
    : connection_(connection), columns_(columns), format_(format) {
    buffer_.reserve(buffer_bytes);
}

PostgresLoader::~PostgresLoader() {
    if (!open_) return;
    PQputCopyEnd(connection_.get(), "the load was abandoned");
    static_cast<void>(take_result());
}

Status PostgresLoader::append(std::string_view row) {
    assert(open_);
    if (format_ == LoadFormat::Text) return put_text_row(row);
    char count[2];
    store_big_endian(count, static_cast<std::int16_t>(columns_));
    if (buffer_.size() + sizeof count + row.size() <= buffer_bytes) {
        buffer_.append(count, sizeof count);
        buffer_.append(row);
        return success();
    }
    WALFERRY_TRYV(put({count, sizeof count}));
    return put(row);
}

Status PostgresLoader::put_text_row(std::string_view row) {
    line_.clear();
    for (std::size_t column = 0; column < columns_; ++column) {
        assert(row.size() >= 4);
        const auto length = load_big_endian<std::int32_t>(row.data());
        row.remove_prefix(4);
        if (column > 0) line_ += '\t';
        if (length == null_length) {
            line_ += "\\N";
            continue;
        }
        assert(length >= 0 && static_cast<std::size_t>(length) <= row.size());
        append_copy_text(line_, row.substr(0, static_cast<std::size_t>(length)));
        row.remove_prefix(static_cast<std::size_t>(length));
    }
    assert(row.empty());
    line_ += '\n';
    return put(line_);
}

Status PostgresLoader::put(std::string_view bytes) {
    while (!bytes.empty()) {
        if (buffer_.size() == buffer_bytes) {
            WALFERRY_TRYV(send());
        }
        const std::size_t part = std::min(bytes.size(), buffer_bytes - buffer_.size());
        buffer_.append(bytes.substr(0, part));
        bytes.remove_prefix(part);
    }
    return success();
}

Status PostgresLoader::send() {
    const int sent = PQputCopyData(connection_.get(), buffer_.data(), static_cast<int>(buffer_.size()));
    buffer_.clear();
    if (sent == 1) return success();
    WALFERRY_TRYV(take_result());
    return connection_.error(nullptr);
}

Status PostgresLoader::finish() {
    assert(open_);
    if (format_ == LoadFormat::Binary) {
        WALFERRY_TRYV(put(binary_trailer));
    }
    if (!buffer_.empty()) {
        WALFERRY_TRYV(send());
    }
    PQputCopyEnd(connection_.get(), nullptr);
    return take_result();
}

Status PostgresLoader::take_result() {
    open_ = false;
    Status status = success();
    bool answered = false;
    // On a connection that broke, the first result is the error and the second is null. PGRES_COPY_IN would
    // come for ever when PQputCopyEnd could not be sent.
    while (PostgresResult result{PQgetResult(connection_.get())}) {
        const ExecStatusType state = PQresultStatus(result.get());
        if (state != PGRES_COMMAND_OK && status.has_value()) status = connection_.error(result.get());
        answered = true;
        if (state == PGRES_COPY_IN) break;
    }
    if (!answered) status = connection_.error(nullptr);
    return status;
}

}  // namespace walferry
