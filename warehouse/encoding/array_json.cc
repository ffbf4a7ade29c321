#include "warehouse/encoding/array_json.h"

#include <algorithm>

#include "model/array_text.h"
#include "model/json_text.h"
#include "model/pg_types.h"
#include "warehouse/encoding/array.h"

namespace walferry {
namespace {

class JsonElements {
 public:
    JsonElements(std::uint32_t oid, char* to) : oid_(oid), to_(to) {}

    void shape(int dimensions) {
        if (dimensions == 0) put("[]");
    }
    void open() { put("["); }
    void separate() { put(","); }
    void close() { put("]"); }
    void null() { put("null"); }
    bool element(std::string_view text) {
        if (oid_ == pg_types::boolean) {
            put(text == "t" ? "true" : "false");
            return text == "t" || text == "f";
        }
        const bool bare = oid_ == pg_types::json || oid_ == pg_types::jsonb ||
                          (pg_types::is_number(oid_) && is_json_number(text));
        if (bare) {
            put(text);
        } else {
            to_ = write_json_string(text, to_);
        }
        return true;
    }

    char* end() const { return to_; }

 private:
    void put(std::string_view text) { to_ = std::copy(text.begin(), text.end(), to_); }

    std::uint32_t oid_;
    char* to_;
};

}  // namespace

char* encode_array_json(std::uint32_t element_oid, std::string_view text, char* to) {
    JsonElements elements(element_oid, to);
    ArrayText reader(array_delimiter(element_oid), text, elements);
    return reader.read() ? elements.end() : nullptr;
}

std::size_t array_json_bytes_max(std::size_t text_bytes) {
    // A control character takes six bytes; an element of one letter, two with its delimiter, becomes a word
    // of five.
    return 6 * text_bytes + 6;
}

}  // namespace walferry
