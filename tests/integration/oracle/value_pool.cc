#include "tests/integration/oracle/value_pool.h"

#include <fmt/format.h>

#include <functional>

namespace walferry::testing {
namespace {

constexpr std::size_t bytes_kept_max = 200;

}  // namespace

Value ValuePool::value(const std::optional<std::string>& text) {
    if (!text) return nullptr;
    if (text->size() <= bytes_kept_max) return &*texts_.insert(*text).first;
    return &*texts_
                 .insert(fmt::format("{}… ({} bytes, {:016x})", text->substr(0, 24), text->size(),
                                     std::hash<std::string>{}(*text)))
                 .first;
}

ValueRow ValuePool::row(const std::vector<std::optional<std::string>>& texts) {
    ValueRow row;
    row.reserve(texts.size());
    for (const auto& text : texts) row.push_back(value(text));
    return row;
}

Value ValuePool::unchanged() {
    static const std::string mark = "(unchanged)";
    return &mark;
}

std::string to_string(Value value) {
    return value ? *value : "NULL";
}

std::string to_string(const ValueRow& row) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) text += (i ? "|" : "") + to_string(row[i]);
    return text;
}

}  // namespace walferry::testing
