#include "capture/snapshot/copy_stream.h"

#include <fmt/format.h>

#include "model/byte_order.h"

namespace walferry {
namespace {

constexpr std::string_view signature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t header_bytes = 19;
constexpr std::uint32_t critical_flags = 0xffff0000u;
constexpr std::int16_t trailer = -1;

Error protocol_error(std::string message) {
    return Error{.kind = ErrorKind::Protocol,
                 .message = "binary COPY stream: " + std::move(message),
                 .way_out = {},
                 .sqlstate = {}};
}

}  // namespace

void CopyStream::add(std::string_view piece) {
    if (rest_.empty()) {
        rest_ = piece;
        return;
    }
    std::string joined;
    joined.reserve(rest_.size() + piece.size());
    joined.append(rest_).append(piece);
    carry_ = std::move(joined);
    rest_ = carry_;
}

Result<bool> CopyStream::header() {
    if (rest_.size() < header_bytes) return false;
    if (!rest_.starts_with(signature)) return protocol_error("wrong signature");
    const auto flags = load_big_endian<std::uint32_t>(rest_.data() + signature.size());
    if ((flags & critical_flags) != 0) return protocol_error(fmt::format("unknown flags {:#x}", flags));
    const auto extension = load_big_endian<std::int32_t>(rest_.data() + signature.size() + 4);
    if (extension < 0) return protocol_error("negative length of the header extension");
    const std::size_t size = header_bytes + static_cast<std::size_t>(extension);
    if (rest_.size() < size) return false;
    rest_.remove_prefix(size);
    state_ = State::Rows;
    return true;
}

Result<std::optional<std::string_view>> CopyStream::row() {
    constexpr auto nothing = std::optional<std::string_view>();
    if (state_ == State::Header) {
        WALFERRY_TRY(complete, header());
        if (!complete) return nothing;
    }
    if (state_ == State::Ended) {
        if (!rest_.empty()) return protocol_error("bytes after the trailer");
        return nothing;
    }
    if (rest_.size() < 2) return nothing;
    const auto count = load_big_endian<std::int16_t>(rest_.data());
    if (count == trailer) {
        state_ = State::Ended;
        rest_.remove_prefix(2);
        if (!rest_.empty()) return protocol_error("bytes after the trailer");
        return nothing;
    }
    if (count < 0 || static_cast<std::size_t>(count) != fields_)
        return protocol_error(fmt::format("a row of {} fields where {} were asked for", count, fields_));
    std::size_t at = 2;
    for (std::size_t field = 0; field < fields_; ++field) {
        if (rest_.size() - at < 4) return nothing;
        const auto length = load_big_endian<std::int32_t>(rest_.data() + at);
        at += 4;
        if (length < -1) return protocol_error(fmt::format("field {} has length {}", field + 1, length));
        if (length == -1) continue;
        if (rest_.size() - at < static_cast<std::size_t>(length)) return nothing;
        at += static_cast<std::size_t>(length);
    }
    const std::string_view row = rest_.substr(2, at - 2);
    rest_.remove_prefix(at);
    return std::optional(row);
}

}  // namespace walferry
