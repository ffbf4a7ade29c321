#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "dlq/dead_letter_store.h"

namespace walferry {

/// The open dead letters of one target by key: what the target lacks, they explain.
class LetterIndex {
 public:
    static Result<LetterIndex> load(WarehouseSession& session, const ControlSchema& control,
                                    const std::string& source_table, const std::string& target_table);

    /// The newest open letter of the key (JSON as in the letters).
    std::optional<std::int64_t> find(const std::string& key) const;

 private:
    std::map<std::string, std::int64_t> ids_;
};

}  // namespace walferry
