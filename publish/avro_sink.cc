#include "publish/avro_sink.h"

#include <cassert>
#include <cstring>

namespace walferry::publish {

namespace {

/// An int or long of Avro takes ten bytes at most.
struct AvroLong {
    char bytes[10];
    std::size_t size = 0;

    explicit AvroLong(std::int64_t value) {
        auto zigzag = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
        for (; zigzag >= 0x80; zigzag >>= 7) bytes[size++] = static_cast<char>(zigzag | 0x80);
        bytes[size++] = static_cast<char>(zigzag);
    }
};

/// Little-endian, as this machine.
template <class T>
void append_raw_number(std::string& to, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    to.append(bytes, sizeof value);
}

}  // namespace

void append_avro_long(std::string& to, std::int64_t value) {
    const AvroLong encoded(value);
    to.append(encoded.bytes, encoded.size);
}

void AvroSink::null() {
    assert(takes_null());
    to_ += next_->null_branch == 0 ? '\0' : '\2';
}

void AvroSink::real32(float value) {
    choose_value();
    append_raw_number(to_, value);
}

void AvroSink::real64(double value) {
    choose_value();
    append_raw_number(to_, value);
}

void AvroSink::append_counted(std::string_view bytes) {
    choose_value();
    append_avro_long(to_, static_cast<std::int64_t>(bytes.size()));
    to_ += bytes;
}

void AvroSink::open() {
    choose_value();
    levels_.push_back({next_, to_.size()});
}

void AvroSink::item() {
    Level& level = levels_.back();
    ++level.count;
    next_ = &level.shape->parts[0];
}

void AvroSink::field(std::string_view) {
    Level& level = levels_.back();
    assert(level.count < level.shape->parts.size());
    next_ = &level.shape->parts[level.count++];
}

void AvroSink::entry(std::string_view key) {
    Level& level = levels_.back();
    ++level.count;
    append_avro_long(to_, static_cast<std::int64_t>(key.size()));
    to_ += key;
    next_ = &level.shape->parts[0];
}

/// One block, whose count was not known before it, and the end of blocks.
void AvroSink::close_block() {
    const Level level = levels_.back();
    levels_.pop_back();
    if (level.count > 0) {
        const AvroLong count(static_cast<std::int64_t>(level.count));
        to_.insert(level.first, count.bytes, count.size);
    }
    to_ += '\0';
}

}  // namespace walferry::publish
