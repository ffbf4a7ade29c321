#pragma once

#include <string>

#include "publish/value_sink.h"

namespace walferry::publish {

/// Appends `text` as a JSON string: `"`, `\` and bytes below 0x20 escaped, UTF-8 as it is. Fast where there
/// is nothing to escape.
void append_escaped(std::string& to, std::string_view text);

/// Appends a number in decimal.
void append_number(std::string& to, std::int64_t value);

/// Writes values as Kafka Connect's JsonConverter does: bytes as base64, NaN and infinities as strings.
/// Floats have a point or an exponent, so that readers without schema see a float.
class JsonSink final : public ValueSink {
 public:
    /// Appends to `to`, which must outlive the sink.
    explicit JsonSink(std::string& to) : to_(to) {}

    void null() override { to_ += "null"; }
    void boolean(bool value) override { to_ += value ? "true" : "false"; }
    void integer(std::int64_t value) override { append_number(to_, value); }
    void real32(float value) override;
    void real64(double value) override;
    void text(std::string_view utf8) override { append_escaped(to_, utf8); }
    void bytes(std::string_view bytes) override;

    void begin_array() override { to_ += '['; }
    void item() override { separate('['); }
    void end_array() override { to_ += ']'; }
    void begin_struct() override { to_ += '{'; }
    void field(std::string_view name) override { entry(name); }
    void end_struct() override { to_ += '}'; }
    void begin_map() override { to_ += '{'; }
    void entry(std::string_view key) override;
    void end_map() override { to_ += '}'; }

 private:
    /// No value ends with an opening bracket.
    void separate(char opening) {
        if (to_.back() != opening) to_ += ',';
    }

    std::string& to_;
};

}  // namespace walferry::publish
