#pragma once

#include <string>
#include <vector>

#include "publish/avro_schema.h"
#include "publish/value_sink.h"

namespace walferry::publish {

/// Appends an int or long of Avro: zigzag, seven bits a byte, the lowest first.
void append_avro_long(std::string& to, std::int64_t value);

/// Writes values in Avro's binary encoding, one shape after the other.
class AvroSink final : public ValueSink {
 public:
    /// Appends to `to`, which must outlive the sink.
    explicit AvroSink(std::string& to) : to_(to) {}

    /// A value of this shape follows; it must outlive the value.
    void begin(const AvroShape& shape) {
        next_ = &shape;
        levels_.clear();
    }
    /// The next value is these bytes, its place in a union included.
    void encoded(std::string_view bytes) { to_ += bytes; }
    /// Whether the next value may be null.
    bool takes_null() const { return next_->null_branch >= 0; }

    void null() override;
    void boolean(bool value) override {
        choose_value();
        to_ += value ? '\1' : '\0';
    }
    void integer(std::int64_t value) override {
        choose_value();
        append_avro_long(to_, value);
    }
    void real32(float value) override;
    void real64(double value) override;
    void text(std::string_view utf8) override { append_counted(utf8); }
    void bytes(std::string_view bytes) override { append_counted(bytes); }

    void begin_array() override { open(); }
    void item() override;
    void end_array() override { close_block(); }
    void begin_struct() override { open(); }
    /// Fields come in the order of the schema, none is left out.
    void field(std::string_view name) override;
    void end_struct() override { levels_.pop_back(); }
    void begin_map() override { open(); }
    void entry(std::string_view key) override;
    void end_map() override { close_block(); }

 private:
    struct Level {
        const AvroShape* shape;
        std::size_t first;      ///< where its content begins
        std::size_t count = 0;  ///< of items, entries or fields so far
    };

    /// The branch of a union with null.
    void choose_value() {
        if (next_->null_branch >= 0) to_ += next_->null_branch == 0 ? '\2' : '\0';
    }
    void open();
    void close_block();
    void append_counted(std::string_view bytes);

    std::string& to_;
    const AvroShape* next_ = nullptr;
    std::vector<Level> levels_;
};

}  // namespace walferry::publish
