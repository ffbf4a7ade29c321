#pragma once

#include <stdexcept>
#include <utility>

#include "model/error.h"

namespace walferry::testing {

/// The value of a result; throws its error, which fails the test.
template <class T>
T must(Result<T> result) {
    if (result.has_error()) throw std::runtime_error(describe(result.error()));
    return std::move(result).value();
}
inline void must(const Status& status) {
    if (status.has_error()) throw std::runtime_error(describe(status.error()));
}

}  // namespace walferry::testing
