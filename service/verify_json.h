#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "pipeline/verify/verify_desk.h"

/// What comparisons find, as JSON: between service and command, and for people. Pure.
namespace walferry {

nlohmann::ordered_json difference_json(const Difference& difference);
nlohmann::ordered_json result_json(const TableVerification& result);
/// {"progress": {"table", "rows", "estimated"}}
nlohmann::ordered_json progress_json(const std::string& table, std::uint64_t rows, std::int64_t estimated);
nlohmann::ordered_json state_json(const VerifyDesk::State& state);
nlohmann::ordered_json error_json(const Error& error);
Error error_of_json(const nlohmann::ordered_json& json);

/// {"tables": ["public.a"], "values": true, "repair": true, "rate": 1000, "limit": 10, "where": "id > 5",
/// "partition": "public.a_2026"}, all optional; empty when it is something else.
std::optional<VerifyOptions> parse_verify_options(const std::string& json);
std::string verify_options_json(const VerifyOptions& options);

/// A line of `walferry verify`, without its end: table, key and kind, separated by tabs; `verbose`: then the
/// target, the columns, and the dead letter.
std::string difference_line(const nlohmann::ordered_json& difference, bool verbose);

}  // namespace walferry
