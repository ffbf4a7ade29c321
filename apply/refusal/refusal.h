#pragma once

#include <string>

#include "dlq/dead_letter.h"

namespace walferry {

/// Why an event, or a row of a copy, is not applied.
struct Refusal {
    DeadLetterStage stage = DeadLetterStage::Apply;
    std::string code;  ///< SQLSTATE, or a word of ours
    std::string message;
};

}  // namespace walferry
