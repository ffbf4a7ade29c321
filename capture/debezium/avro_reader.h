#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "capture/debezium/avro_type.h"
#include "capture/debezium/connect_value.h"
#include "capture/debezium/scratch_arena.h"

namespace walferry::debezium {

/// Bytes of Avro's binary encoding that are being read from front to back. False: there are not as many, or
/// they are no such thing.
class AvroBytes {
 public:
    explicit AvroBytes(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    const char* position() const { return at_; }

    /// An int or long: zigzag, seven bits a byte, the lowest first.
    bool read_long(std::int64_t& to) {
        std::uint64_t value = 0;
        for (int shift = 0; at_ != end_ && shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(*at_++);
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) {
                to = static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
                return shift < 63 || byte <= 1;
            }
        }
        return false;
    }
    bool take(std::size_t count, std::string_view& to) {
        if (count > left()) return false;
        to = {at_, count};
        at_ += count;
        return true;
    }
    /// Bytes or text, after their length.
    bool take_counted(std::string_view& to) {
        std::int64_t count = 0;
        return read_long(count) && count >= 0 && take(static_cast<std::size_t>(count), to);
    }

 private:
    const char* at_;
    const char* end_;
};

/// Decodes values of Avro as their writer's schema says. Not thread-safe.
class AvroReader {
 public:
    /// Arrays, maps and records are kept in `arena`; texts and bytes stay where they are.
    explicit AvroReader(ScratchArena& arena) : arena_(arena) {}

    /// To be called for each record: `bytes` bound how many values it can have (a null takes none).
    void begin(std::size_t bytes) { values_left_ = 65'536 + 4 * bytes; }

    /// Reads one value, all of it. A null of a union is Null, an enum a String, fixed Bytes, a map a Struct.
    /// False when the bytes don't follow the schema, text is no UTF-8, or it is nested deeper than 64.
    bool read(AvroBytes& from, const AvroType& type, ConnectValue& to, int depth = 0);

    /// Reads over a value.
    bool skip(AvroBytes& from, const AvroType& type, int depth = 0);

    /// The branch of a union that follows; of anything else the type itself. Null when there is none.
    static const AvroType* branch(AvroBytes& from, const AvroType& type) {
        if (type.kind != AvroKind::Union) return &type;
        std::int64_t index = 0;
        if (!from.read_long(index) || index < 0 || index >= static_cast<std::int64_t>(type.branches.size()))
            return nullptr;
        return type.branches[static_cast<std::size_t>(index)];
    }

 private:
    bool read_scalar(AvroBytes& from, const AvroType& type, ConnectValue& to);
    bool read_items(AvroBytes& from, const AvroType& type, ConnectValue& to, int depth);
    bool read_entries(AvroBytes& from, const AvroType& type, ConnectValue& to, int depth);
    bool read_record(AvroBytes& from, const AvroType& type, ConnectValue& to, int depth);
    bool read_entry(AvroBytes& from, const AvroType& type, ConnectField& to, int depth);
    bool skip_items(AvroBytes& from, const AvroType& type, int depth);

    ScratchArena& arena_;
    std::size_t values_left_ = 0;
    std::vector<ConnectValue> items_;   // of the arrays that are being read, one after the other
    std::vector<ConnectField> fields_;  // of the records and maps
};

}  // namespace walferry::debezium
