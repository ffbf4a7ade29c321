#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "model/error.h"

namespace walferry {

/// Cuts a binary COPY stream into rows, whatever pieces it comes in
/// (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"):
///
///     stream  = "PGCOPY\n\377\r\n\0" int32 flags, int32 n, n bytes, row…, int16 -1
///     row     = int16 fields, fields × { int32 length (-1 NULL), bytes }
class CopyStream {
 public:
    explicit CopyStream(std::size_t fields) : fields_(fields) {}

    /// The next piece. It must stay in place until the next call to `add`; what has not been taken of the
    /// piece before is copied.
    void add(std::string_view piece);

    /// The next row without its field count; a view into the last piece or into the stream's own buffer,
    /// until the next call to `add`. Empty when more bytes are needed, or at the end.
    Result<std::optional<std::string_view>> row();

    bool ended() const { return state_ == State::Ended; }

 private:
    enum class State { Header, Rows, Ended };

    /// Takes the header from the front; false when it is not complete.
    Result<bool> header();

    std::size_t fields_;
    State state_ = State::Header;
    std::string_view rest_;
    std::string carry_;
};

}  // namespace walferry
