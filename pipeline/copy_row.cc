#include "pipeline/copy_row.h"

#include <fmt/format.h>

#include <algorithm>

#include "apply/row_fields.h"
#include "model/byte_order.h"
#include "warehouse/encoding/binary_form.h"

namespace walferry {

namespace {

/// In place of the field of a column that the source has no more.
constexpr auto not_sent = static_cast<std::size_t>(-1);
constexpr std::string_view null_field{"\xff\xff\xff\xff", sizeof null_length};

/// Whether COPY BINARY sends the type in this encoding. That of an enum is its label.
bool comes_as_loaded(Encoding encoding, std::uint32_t oid, char kind) {
    const auto sent = binary_encoding(oid);
    return sent ? *sent == encoding : encoding == Encoding::Text && kind == 'e';
}

bool can_come_binary(const SourceType& type, const ColumnEncoding& encoding) {
    if (encoding.kind == Encoding::Array) {
        return type.is_array() && comes_as_loaded(encoding.element, type.element_oid, type.element_kind);
    }
    return !type.is_array() && comes_as_loaded(encoding.kind, type.oid, type.kind);
}

}  // namespace

CopyRow::CopyRow(const TablePlan& plan, const CopyMoment& moment, bool all_text)
    : plan_(plan),
      source_(plan.source),
      transform_(plan.column_rules.hash_key),
      re_encoded_(plan.data_count()) {
    std::erase_if(source_.columns, [&](const SourceColumn& column) {
        return column.dropped || plan.column_rules.excludes(column.name);
    });
    as_text_.resize(source_.columns.size());
    fields_.resize(source_.columns.size());
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        const std::string& name = plan.source.columns[plan.source_index[i]].name;
        if (plan.source.columns[plan.source_index[i]].dropped) {
            field_index_.push_back(not_sent);
            rules_.push_back(ColumnRule::Clear);
            continue;
        }
        const auto found = std::find_if(source_.columns.begin(), source_.columns.end(),
                                        [&](const SourceColumn& column) { return column.name == name; });
        const auto index = static_cast<std::size_t>(found - source_.columns.begin());
        field_index_.push_back(index);
        rules_.push_back(plan.column_rules.of(name));
        const bool binary = !all_text && rules_[i] == ColumnRule::Clear &&
                            can_come_binary(found->type, plan.columns[i].encoding);
        as_text_[index] = !binary;
        re_encoded_[i] = !binary && plan.columns[i].encoding.kind != Encoding::Text;
    }
    own_fields_ = copied_own_fields(plan, moment);
}

Result<std::string_view> CopyRow::convert(std::string_view source_row) {
    FieldWalker walker(source_row);
    for (std::string_view& field : fields_) field = walker.next();
    row_.clear();
    for (std::size_t i = 0; i < plan_.data_count(); ++i) {
        const std::string_view field = field_index_[i] == not_sent ? null_field : fields_[field_index_[i]];
        const bool is_null = field_length(field) == null_length;
        if (!is_null && rules_[i] != ColumnRule::Clear) {
            append_transformed(rules_[i], field.substr(sizeof(std::int32_t)));
        } else if (!re_encoded_[i] || is_null) {
            row_.append(field);
        } else {
            WALFERRY_TRYV(append_encoded(i, field.substr(sizeof(std::int32_t))));
        }
    }
    row_.append(own_fields_);
    return std::string_view{row_};
}

void CopyRow::append_transformed(ColumnRule rule, std::string_view text) {
    char bytes[ValueTransform::bytes_max];
    char* const end = transform_.write(rule, text, bytes);
    append_field(row_, {bytes, static_cast<std::size_t>(end - bytes)});
}

Status CopyRow::append_encoded(std::size_t position, std::string_view text) {
    const ColumnEncoding& encoding = plan_.columns[position].encoding;
    const std::size_t start = row_.size();
    row_.resize(start + sizeof(std::int32_t) + encoded_bytes_max(encoding, text.size()));
    char* const bytes = row_.data() + start + sizeof(std::int32_t);
    char* const end = encode_text(encoding, text, bytes);
    if (end == nullptr) {
        return Error{
            ErrorKind::Data,
            fmt::format("{}: column {}: the value {:?} can't be represented as {}",
                        plan_.source.qualified_name(), plan_.columns[position].name, text.substr(0, 100),
                        plan_.columns[position].sql_type),
            "give the column another type with `types:` in its table rule, then `walferry run CONFIG`", ""};
    }
    store_big_endian(row_.data() + start, static_cast<std::int32_t>(end - bytes));
    row_.resize(static_cast<std::size_t>(end - row_.data()));
    return success();
}

}  // namespace walferry
