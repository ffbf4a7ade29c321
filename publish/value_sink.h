#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace walferry::publish {

/// Takes one value of a Connect schema, piece by piece. The writers of values know types, a sink knows a
/// format (JsonSink; an Avro one can follow the field's ConnectSchema while it is called). Calls come in the
/// order of the schema: `item` stands before each element of an array, `field` before each member of a
/// struct, `entry` before each value of a map.
class ValueSink {
 public:
    virtual ~ValueSink() = default;

    virtual void null() = 0;
    virtual void boolean(bool value) = 0;
    virtual void integer(std::int64_t value) = 0;  ///< INT16, INT32 and INT64
    virtual void real32(float value) = 0;
    virtual void real64(double value) = 0;
    virtual void text(std::string_view utf8) = 0;
    virtual void bytes(std::string_view bytes) = 0;

    virtual void begin_array() = 0;
    virtual void item() = 0;
    virtual void end_array() = 0;
    virtual void begin_struct() = 0;
    virtual void field(std::string_view name) = 0;
    virtual void end_struct() = 0;
    virtual void begin_map() = 0;
    virtual void entry(std::string_view key) = 0;
    virtual void end_map() = 0;

    /// Memory for whoever writes a value, for the time of one call; kept so that rows allocate nothing.
    std::string& scratch() {
        scratch_.clear();
        return scratch_;
    }

 private:
    std::string scratch_;
};

}  // namespace walferry::publish
