#include "service/resync_view.h"

#include <fmt/format.h>

#include "model/utc_text.h"
#include "service/quantity_text.h"
#include "service/text_table.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

double number_of(const Json& resync, const char* name) {
    const auto found = resync.find(name);
    return found != resync.end() && found->is_number() ? found->get<double>() : 0.0;
}

std::string text_of(const Json& resync, const char* name) {
    const auto found = resync.find(name);
    return found != resync.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The one to tell about: under way, else the first that waits. Null when all have ended.
const Json* foremost(const Json& resyncs) {
    const Json* waiting = nullptr;
    for (const Json& resync : resyncs) {
        if (has_ended(resync)) continue;
        if (text_of(resync, "state") != to_string(ResyncState::Requested)) return &resync;
        if (waiting == nullptr) waiting = &resync;
    }
    return waiting;
}

}  // namespace

Json resync_json(const ResyncReport& report) {
    Json json;
    json["id"] = report.row.id;
    json["table"] = report.row.qualified_name();
    json["state"] = to_string(report.row.state);
    json["reason"] = report.row.reason;
    json["rows_copied"] = report.row.rows_copied;
    json["rows_estimated"] = report.rows_estimated == 0 ? Json() : Json(report.rows_estimated);
    json["rows_changed"] = report.row.rows_changed;
    json["requested_at"] = utc_text(report.row.requested_at);
    json["ended_at"] = report.row.ended_at == 0 ? Json() : Json(utc_text(report.row.ended_at));
    return json;
}

Json resyncs_json(const std::vector<ResyncReport>& reports) {
    Json json = Json::array();
    for (const ResyncReport& report : reports) json.push_back(resync_json(report));
    return json;
}

bool has_ended(const Json& resync) {
    const auto state = parse_resync_state(text_of(resync, "state"));
    return state && has_ended(*state);
}

std::string resync_line(const Json& resync) {
    const std::string state = text_of(resync, "state");
    std::string line = fmt::format("{}\t{}", on_one_line(text_of(resync, "table")), state);
    if (state == to_string(ResyncState::Done)) {
        line += fmt::format("\trows {:.0f}\tchanged {:.0f}", number_of(resync, "rows_copied"),
                            number_of(resync, "rows_changed"));
    }
    const std::string reason = text_of(resync, "reason");
    return reason.empty() ? line : line + "\t" + on_one_line(reason);
}

std::string resyncs_text(const Json& resyncs) {
    TextTable table({"id", "table", "state", "rows", "estimated", "changed", "requested", "ended", "note"});
    for (const Json& resync : resyncs) {
        table.add({shown(resync.at("id")), shown(resync.at("table")), shown(resync.at("state")),
                   shown(resync.at("rows_copied")), shown(resync.at("rows_estimated")),
                   shown(resync.at("rows_changed")), shown(resync.at("requested_at")),
                   shown(resync.at("ended_at")), shown(resync.at("reason"))});
    }
    return table.text();
}

std::string resync_standing(const Json& resync) {
    const double estimated = number_of(resync, "rows_estimated");
    return fmt::format("{} {}, {}{} rows", on_one_line(text_of(resync, "table")), text_of(resync, "state"),
                       count_text(number_of(resync, "rows_copied")),
                       estimated > 0 ? " of about " + count_text(estimated) : "");
}

double ResyncProgress::rate_of(std::int64_t id, double rows, std::chrono::steady_clock::time_point now) {
    constexpr std::chrono::seconds shortest{1};
    if (id != id_ || rows < rows_) {
        id_ = id;
        rows_ = rows;
        at_ = now;
        rate_ = -1;
    } else if (now - at_ >= shortest) {
        rate_ = (rows - rows_) / std::chrono::duration<double>(now - at_).count();
        rows_ = rows;
        at_ = now;
    }
    return rate_;
}

std::string ResyncProgress::next(const Json& resyncs, std::chrono::steady_clock::time_point now) {
    std::size_t ended = 0;
    for (const Json& resync : resyncs) ended += has_ended(resync) ? 1 : 0;
    std::string text =
        fmt::format("resync: {} of {} table{}", ended, resyncs.size(), resyncs.size() == 1 ? "" : "s");
    const Json* const front = foremost(resyncs);
    if (front == nullptr) return text;
    text += ", " + resync_standing(*front);
    const double rows = number_of(*front, "rows_copied");
    const double rate = rate_of(front->value("id", std::int64_t{0}), rows, now);
    if (text_of(*front, "state") != to_string(ResyncState::Copying)) return text;
    if (rate >= 0) text += fmt::format(", {} rows/s", count_text(rate));
    const double left = number_of(*front, "rows_estimated") - rows;
    if (rate > 0 && left > 0) text += fmt::format(", about {} left", seconds_text(left / rate));
    return text;
}

}  // namespace walferry
