#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/resync/resync_board.h"

/// Resyncs for people and programs: as JSON, and that JSON as text. Pure.
namespace walferry {

/// id, table, state, reason, rows_copied, rows_estimated (null while unknown), rows_changed, requested_at,
/// ended_at (null while open).
nlohmann::ordered_json resync_json(const ResyncReport& report);
/// An array of them.
nlohmann::ordered_json resyncs_json(const std::vector<ResyncReport>& reports);

/// Whether the state of a `resync_json` is final.
bool has_ended(const nlohmann::ordered_json& resync);

/// What became of one, without a newline: `TABLE<TAB>done<TAB>rows N<TAB>changed N`,
/// `TABLE<TAB>failed<TAB>REASON`, or its table and state.
std::string resync_line(const nlohmann::ordered_json& resync);
/// A table of them.
std::string resyncs_text(const nlohmann::ordered_json& resyncs);
/// How far an open one is: `public.t copying, 12.3k of about 1.00M rows`.
std::string resync_standing(const nlohmann::ordered_json& resync);

/// Turns a series of states into lines about what goes on: which table, rows, rate, time left.
class ResyncProgress {
 public:
    /// `resyncs`: all that are waited for, as they stand.
    std::string next(const nlohmann::ordered_json& resyncs, std::chrono::steady_clock::time_point now);

 private:
    /// Rows a second of this resync since the last call; below zero while unknown.
    double rate_of(std::int64_t id, double rows, std::chrono::steady_clock::time_point now);

    std::int64_t id_ = 0;
    double rows_ = 0;
    double rate_ = -1;
    std::chrono::steady_clock::time_point at_{};
};

}  // namespace walferry
