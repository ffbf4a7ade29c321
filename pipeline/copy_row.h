#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apply/copied_fields.h"
#include "apply/value_transform.h"
#include "model/change.h"

namespace walferry {

/// Brings rows of the first copy into a plan's load form: the reader gives the source's binary form in the
/// source's column order, the target wants load order, its own encodings, and metadata at the end. Pure; one
/// thread.
class CopyRow {
 public:
    /// `all_text`: for those who look at the values themselves.
    CopyRow(const TablePlan& plan, const CopyMoment& moment, bool all_text = false);

    /// The table as it is to be read: without excluded columns.
    const SourceTable& source() const { return source_; }
    /// Which of its columns must be read as text: those without a portable binary form, those whose binary
    /// form is not what the target is loaded with, and those that are hashed or masked.
    const std::vector<bool>& as_text() const { return as_text_; }

    /// The load row; valid until the next call. Kind Data when a value can't be represented.
    Result<std::string_view> convert(std::string_view source_row);

 private:
    Status append_encoded(std::size_t position, std::string_view field);

    void append_transformed(ColumnRule rule, std::string_view text);

    const TablePlan& plan_;
    SourceTable source_;
    std::vector<std::size_t> field_index_;  ///< load position → index into source_.columns
    std::vector<ColumnRule> rules_;         ///< by load position
    ValueTransform transform_;
    std::vector<bool> as_text_;
    std::vector<bool> re_encoded_;  ///< by load position: arrives as text, is loaded in another encoding
    std::vector<std::string_view> fields_;
    std::string row_;
    std::string own_fields_;
};

}  // namespace walferry
