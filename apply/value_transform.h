#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/column_rules.h"

struct evp_mac_ctx_st;

namespace walferry {

/// What stands in the warehouse for a value that must not be there in clear. The same text gives the same
/// result, whichever way it comes: stream, first copy, replay, comparison. One thread.
class ValueTransform {
 public:
    /// Bytes that `write` needs at most.
    static constexpr std::size_t bytes_max = 64;

    /// The key may be empty where nothing is hashed.
    explicit ValueTransform(const std::string& hash_key);

    /// Writes the replacement of a value's text form; one past its end. `rule` is Hash or Mask.
    char* write(ColumnRule rule, std::string_view text, char* to);
    std::string transformed(ColumnRule rule, std::string_view text);

 private:
    struct FreeContext {
        void operator()(evp_mac_ctx_st* context) const;
    };

    std::unique_ptr<evp_mac_ctx_st, FreeContext> keyed_;  ///< null without a key
};

}  // namespace walferry
