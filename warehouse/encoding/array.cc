#include "warehouse/encoding/array.h"

#include "model/array_text.h"
#include "model/byte_order.h"

namespace walferry {
namespace {

constexpr std::uint32_t box_oid = 603;  // the one built-in type whose typdelim is no comma

/// Writes the elements behind the room for a header.
class BinaryElements {
 public:
    BinaryElements(Encoding element, char* to) : element_{element, Encoding::Text, 0}, to_(to) {}

    void shape(int dimensions) { write_ = to_ + 12 + 8 * dimensions; }
    void open() {}
    void separate() {}
    void close() {}
    void null() {
        has_nulls_ = true;
        store_big_endian(write_, null_length);
        write_ += 4;
    }
    bool element(std::string_view text) {
        char* const end = encode_text(element_, text, write_ + 4);
        if (end == nullptr) return false;
        store_big_endian(write_, static_cast<std::int32_t>(end - write_ - 4));
        write_ = end;
        return true;
    }

    bool has_nulls() const { return has_nulls_; }
    char* end() const { return write_; }

 private:
    ColumnEncoding element_;
    char* to_;
    char* write_ = nullptr;
    bool has_nulls_ = false;
};

}  // namespace

char array_delimiter(std::uint32_t element_oid) {
    return element_oid == box_oid ? ';' : ',';
}

char* encode_array(const ColumnEncoding& encoding, std::string_view text, char* to) {
    if (encoding.element == Encoding::Array) return nullptr;
    BinaryElements elements(encoding.element, to);
    ArrayText reader(array_delimiter(encoding.element_oid), text, elements);
    if (!reader.read()) return nullptr;
    store_big_endian(to, std::int32_t{reader.dimension_count()});
    store_big_endian(to + 4, std::int32_t{elements.has_nulls() ? 1 : 0});
    store_big_endian(to + 8, encoding.element_oid);
    to += 12;
    for (int i = 0; i < reader.dimension_count(); ++i, to += 8) {
        store_big_endian(to, reader.dimension(i).size);
        store_big_endian(to + 4, reader.dimension(i).lower);
    }
    return elements.end();
}

}  // namespace walferry
