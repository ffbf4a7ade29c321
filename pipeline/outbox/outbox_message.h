#pragma once

#include <cstddef>
#include <string>

#include "checkpoint/outbox_store.h"

namespace walferry {

/// The whole row as a JSON object of one line, `published_at` aside; the LSN as 16/B374D848.
std::string outbox_json(const OutboxRow& row);

/// PostgreSQL takes payloads of less than 8,000 bytes.
inline constexpr std::size_t notify_bytes_max = 7'999;

/// The same as long as PostgreSQL takes it; else only id, kind and target_table.
std::string notify_json(const OutboxRow& row);

}  // namespace walferry
