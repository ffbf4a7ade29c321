#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/kafka/kept_record.h"
#include "config/config.h"
#include "dlq/dead_letter.h"
#include "kafka/schema_source.h"
#include "pipeline/table_planning.h"

namespace walferry {

/// The record that a letter of stage decode keeps whole; kind Data when it is none.
Result<KeptRecord> record_of(const DeadLetter& letter);

/// A record that could not be read when it came, read again: the same letter as each target of its table
/// would have made of it, which can be applied like any other. None where the record changes no table that a
/// rule wants. Kind Data, with what is still wrong with it.
Result<std::vector<DeadLetter>> read_again(const Config& config, const TablePlanning& planning,
                                           SchemaSource* schemas, const DeadLetter& letter);

}  // namespace walferry
