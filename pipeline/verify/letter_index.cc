#include "pipeline/verify/letter_index.h"

namespace walferry {
namespace {

/// A glob that means the name alone.
std::string as_glob(const std::string& name) {
    std::string glob;
    for (const char letter : name) {
        if (letter == '*' || letter == '?' || letter == '[' || letter == '\\') glob += '\\';
        glob += letter;
    }
    return glob;
}

}  // namespace

Result<LetterIndex> LetterIndex::load(WarehouseSession& session, const ControlSchema& control,
                                      const std::string& source_table, const std::string& target_table) {
    LetterIndex index;
    const DeadLetterStore store(control);
    WALFERRY_TRY(exists, store.exists(session));
    if (!exists) return index;
    DeadLetterFilter filter;
    filter.table = as_glob(source_table);
    std::optional<DeadLetterCursor> after;
    for (;;) {
        WALFERRY_TRY(letters, store.list(session, filter, after ? &*after : nullptr));
        if (letters.empty()) return index;
        after = cursor_of(letters.back());
        for (const DeadLetter& letter : letters) {
            if (letter.target_table == target_table && letter.key) index.ids_[*letter.key] = letter.id;
        }
    }
}

std::optional<std::int64_t> LetterIndex::find(const std::string& key) const {
    const auto found = ids_.find(key);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

}  // namespace walferry
