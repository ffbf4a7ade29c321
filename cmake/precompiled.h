// Compile time only: what is in here is precompiled for every room, beside the headers that cmake/room.cmake
// names.
#pragma once

#include <fmt/format.h>

// Whoever logs would compile all of fmt's formatting once more; version 9's library has it.
#if FMT_VERSION >= 90000 && FMT_VERSION < 100000
FMT_BEGIN_NAMESPACE
namespace detail {
extern template void vformat_to<char>(buffer<char>&, basic_string_view<char>,
                                      basic_format_args<FMT_BUFFER_CONTEXT(type_identity_t<char>)>,
                                      locale_ref);
}
FMT_END_NAMESPACE
#endif
