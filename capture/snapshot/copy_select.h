#pragma once

#include <string>
#include <vector>

#include "capture/snapshot/snapshot_reader.h"

namespace walferry {

/// The COPY statement that reads one chunk in binary form. A text column is the output function's text, by
/// format('%s'): a cast to text would change char(n) and inet.
std::string copy_select(const SourceTable& table, const CopyChunk& chunk, const std::vector<bool>& as_text);

/// The chunks of one heap of `heap_pages` pages, each about `pages` long; the last is open-ended. One chunk
/// when `by_ctid` is false.
std::vector<CopyChunk> split_heap(const CopyChunk& heap, std::uint64_t heap_pages, std::uint32_t pages,
                                  bool by_ctid);

}  // namespace walferry
