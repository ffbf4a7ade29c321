#pragma once

#include <boost/outcome/std_result.hpp>
#include <boost/outcome/try.hpp>
#include <boost/version.hpp>

#include <string>
#include <string_view>

/// WALFERRY_TRY(name, expression): declares `name` with the value of a Result, or returns its error.
/// WALFERRY_TRYV(expression) does the same without a value. Boost's own macro declares the name by itself in
/// Debian 12's 1.74 and wants the `auto` spelt out from 1.76 on. Neither may stand alone after an `if`:
/// braces.
#if BOOST_VERSION >= 107600
#define WALFERRY_TRY(name, ...) BOOST_OUTCOME_TRY(auto&& name, __VA_ARGS__)
#else
#define WALFERRY_TRY(name, ...) BOOST_OUTCOME_TRY(name, __VA_ARGS__)
#endif
#define WALFERRY_TRYV(...) BOOST_OUTCOME_TRYV(__VA_ARGS__)

namespace walferry {

/// What kind of thing went wrong. The pipeline's failure policy maps each kind to one action (retry,
/// dead-letter, stop); drivers translate what their library reports into one of these at the point where it
/// is caught.
enum class ErrorKind {
    Configuration,  ///< the configuration is wrong: exit 2, nothing was created
    Connection,     ///< a server is out of reach, starting, stopping, or the connection broke
    Busy,           ///< held by somebody else for now: slot active, lock timeout, file locked
    Serialization,  ///< the transaction lost against a concurrent one; the same work can succeed
    Resource,       ///< disk full, out of memory, too many connections: heals when somebody makes room
    Data,           ///< this row cannot be represented or is refused: concerns the row, not the pipeline
    Protocol,       ///< bytes that do not follow the replication protocol
    Schema,         ///< source, target or control tables do not have the shape that is needed
    Permission,     ///< a privilege is missing, or the password is wrong
    Fenced,         ///< another instance has taken the pipeline over
    Refused,        ///< going on could lose data: a person must decide
    Cancelled,      ///< we were asked to stop
    Internal,       ///< a bug of ours, or an error no driver could classify
};

std::string_view to_string(ErrorKind kind);

/// An error as a value: what was seen, and how to get out of it.
struct Error {
    ErrorKind kind = ErrorKind::Internal;
    std::string message;   ///< what was seen, in one sentence, for an operator
    std::string way_out;   ///< the command or change that resolves it; may be empty
    std::string sqlstate;  ///< five characters where a database reported it, else empty

    /// The same error with `context` and a colon before its message.
    Error in(std::string_view context) const;
};

/// Message and way out as one text.
std::string describe(const Error& error);

template <class T>
using Result = boost::outcome_v2::std_checked<T, Error>;
using Status = Result<void>;

inline auto success() {
    return boost::outcome_v2::success();
}

}  // namespace walferry
