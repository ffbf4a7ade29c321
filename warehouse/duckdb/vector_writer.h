#pragma once

#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "warehouse/encoding/encoding.h"

namespace walferry {

/// Writes load-format fields of one column into a DuckDB vector. Not thread-safe.
class VectorWriter {
 public:
    /// Empty where no value of `encoding` can be stored in `type`.
    static std::optional<VectorWriter> create(const ColumnEncoding& encoding, duckdb_logical_type type);

    /// To be called with a fresh vector: after its chunk was made, and after each reset of it.
    void attach(duckdb_vector vector);
    void put_null(idx_t row);
    /// nullptr, or why the value can't be stored.
    const char* put(idx_t row, const char* bytes, std::int32_t length) {
        return write_(*this, row, bytes, length);
    }
    /// To be called when the chunk is complete.
    void complete();

    template <class T>
    T& at(idx_t row) {
        return static_cast<T*>(data_)[row];
    }
    int decimal_width() const { return decimal_width_; }
    int decimal_scale() const { return decimal_scale_; }
    duckdb_vector vector() const { return vector_; }

    /// LIST: room for `count` more elements; their first index.
    idx_t extend(std::uint64_t count);
    VectorWriter& element() { return *element_; }

    using Write = const char* (*)(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length);

 private:
    void refresh();

    Write write_ = nullptr;
    duckdb_vector vector_ = nullptr;
    void* data_ = nullptr;
    std::uint64_t* validity_ = nullptr;  // null as long as no NULL was put
    int decimal_width_ = 0;
    int decimal_scale_ = 0;
    std::unique_ptr<VectorWriter> element_;
    std::uint64_t elements_ = 0;
    std::uint64_t element_capacity_ = 0;
};

/// The function for a pair of encoding and type; nullptr where there is none.
VectorWriter::Write choose_write(Encoding encoding, duckdb_logical_type type);

}  // namespace walferry
