#pragma once

#include <string>

#include "model/error.h"
#include "model/table_storage.h"

namespace walferry {

/// A table's shape as JSON text, as the control table schema_history keeps it: all that planning the table
/// needs, its dropped columns, and the traces of where its rows are.
std::string write_shape(const TableShape& shape);

/// Kind Schema when the text is no such shape. What it does not know it passes over.
Result<TableShape> read_shape(const std::string& text);

}  // namespace walferry
