#include "warehouse/duckdb/vector_writer.h"

#include "warehouse/duckdb/duckdb_handles.h"

namespace walferry {

std::optional<VectorWriter> VectorWriter::create(const ColumnEncoding& encoding, duckdb_logical_type type) {
    VectorWriter writer;
    writer.write_ = choose_write(encoding.kind, type);
    if (writer.write_ == nullptr) return std::nullopt;
    const duckdb_type id = duckdb_get_type_id(type);
    if (id == DUCKDB_TYPE_DECIMAL) {
        writer.decimal_width_ = duckdb_decimal_width(type);
        writer.decimal_scale_ = duckdb_decimal_scale(type);
    }
    if (encoding.kind == Encoding::Array) {
        const LogicalType child(duckdb_list_type_child_type(type));
        auto element = create({encoding.element, Encoding::Text, 0}, child.get());
        if (!element) return std::nullopt;
        writer.element_ = std::make_unique<VectorWriter>(std::move(*element));
    }
    return writer;
}

void VectorWriter::attach(duckdb_vector vector) {
    vector_ = vector;
    data_ = duckdb_vector_get_data(vector);
    validity_ = nullptr;
    if (!element_) return;
    elements_ = 0;
    element_capacity_ = 0;
    element_->attach(duckdb_list_vector_get_child(vector));
}

void VectorWriter::refresh() {
    data_ = duckdb_vector_get_data(vector_);
    if (validity_ != nullptr) validity_ = duckdb_vector_get_validity(vector_);
}

void VectorWriter::put_null(idx_t row) {
    if (validity_ == nullptr) {
        duckdb_vector_ensure_validity_writable(vector_);
        validity_ = duckdb_vector_get_validity(vector_);
    }
    validity_[row / 64] &= ~(std::uint64_t{1} << (row % 64));
    // DuckDB skips the entries of NULL lists only where it looks at the validity first.
    if (element_) at<duckdb_list_entry>(row) = {elements_, 0};
}

idx_t VectorWriter::extend(std::uint64_t count) {
    const std::uint64_t first = elements_;
    elements_ += count;
    if (elements_ > element_capacity_) {
        element_capacity_ = elements_ < 1024 ? 2048 : elements_ * 2;
        duckdb_list_vector_reserve(vector_, element_capacity_);
        element_->refresh();
    }
    return first;
}

void VectorWriter::complete() {
    if (element_) duckdb_list_vector_set_size(vector_, elements_);
}

}  // namespace walferry
