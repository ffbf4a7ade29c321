#include "service/status_json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "model/utc_text.h"
#include "service/quantity_text.h"
#include "service/resync_view.h"
#include "service/text_table.h"
#include "service/time_text.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

Json lsn_or_null(Lsn lsn) {
    return lsn ? Json(to_string(lsn)) : Json();
}

Json time_or_null(PgTime time) {
    if (time == 0) return {};
    return utc_text(time);
}

Json table_json(const TableReport& table) {
    Json json;
    json["name"] = table.name;
    json["target"] = table.target.empty() ? Json() : Json(table.target);
    json["mode"] = table.mode;
    json["state"] = table.state;
    if (!table.reason.empty()) json["reason"] = table.reason;
    json["rows_copied"] = table.rows_copied;
    json["rows_estimated"] = table.rows_estimated < 0 ? Json() : Json(table.rows_estimated);
    json["last_commit_ts"] = time_or_null(table.last_commit_time);
    if (table.last_verified != 0) json["last_verified_ts"] = time_or_null(table.last_verified);
    return json;
}

Json partitions_json(const std::vector<PartitionReport>& partitions) {
    Json json = Json::array();
    for (const PartitionReport& each : partitions) {
        Json one;
        one["topic"] = each.of.topic;
        one["partition"] = each.of.partition;
        one["offset"] = each.next;
        one["end_offset"] = each.end < 0 ? Json() : Json(each.end);
        one["lag"] = each.end < 0 ? Json() : Json(each.lag());
        json.push_back(std::move(one));
    }
    return json;
}

Json publish_json(const PublishSummary& publish) {
    Json json;
    json["state"] = publish.state;
    json["reason"] = publish.reason;
    json["checkpoint_lsn"] = lsn_or_null(publish.checkpoint);
    json["source_lsn"] = lsn_or_null(publish.source);
    json["lag_bytes"] = publish.lag_bytes;
    json["lag_seconds"] = publish.lag_seconds;
    json["retained_wal_bytes"] = publish.retained_wal_bytes;
    json["events"] = publish.events;
    json["dead_letters"] = publish.dead_letters;
    return json;
}

std::string lag_shown(const Json& status) {
    const Json& bytes = status.at("lag_bytes");
    const Json& seconds = status.at("lag_seconds");
    return fmt::format("{}, {}", bytes.is_null() ? "-" : bytes_text(bytes.get<double>()),
                       seconds.is_null() ? "-" : fmt::format("{:.1f} s", seconds.get<double>()));
}

}  // namespace

Json status_json(const StatusReport& report) {
    const bool positions_known = report.checkpoint && report.source;
    Json json;
    json["pipeline"] = report.pipeline;
    json["state"] = report.state;
    json["reason"] = report.reason;
    json["checkpoint_lsn"] = lsn_or_null(report.checkpoint);
    json["source_lsn"] = lsn_or_null(report.source);
    json["lag_bytes"] = positions_known ? Json(report.lag_bytes) : Json();
    json["lag_seconds"] = std::isnan(report.lag_seconds) ? Json() : Json(report.lag_seconds);
    if (report.from_kafka) json["partitions"] = partitions_json(report.partitions);
    json["retained_wal_bytes"] = report.retained_wal_bytes;
    json["dead_letters"] = report.dead_letters;
    if (report.publish) json["publish"] = publish_json(*report.publish);
    json["tables"] = Json::array();
    for (const TableReport& table : report.tables) json["tables"].push_back(table_json(table));
    if (!report.resyncs.empty()) json["resyncs"] = resyncs_json(report.resyncs);
    return json;
}

std::string status_text(const Json& status) {
    std::string text;
    const auto line = [&](std::string_view name, const std::string& value) {
        text += fmt::format("{:<14}{}\n", name, value);
    };
    line("pipeline", shown(status.at("pipeline")));
    line("state", shown(status.at("state")));
    if (!status.at("reason").get<std::string>().empty()) line("reason", shown(status.at("reason")));
    line("checkpoint", shown(status.at("checkpoint_lsn")));
    line("source", shown(status.at("source_lsn")));
    line("lag", lag_shown(status));
    if (status.contains("partitions")) {
        std::int64_t records = 0;
        for (const Json& each : status.at("partitions"))
            records += each.at("lag").is_null() ? 0 : each.at("lag").get<std::int64_t>();
        line("Kafka",
             fmt::format("{} partitions, {} records behind", status.at("partitions").size(), records));
    }
    if (status.contains("publish")) {
        const Json& publish = status.at("publish");
        line("publish", fmt::format("{}, {} events, {}", shown(publish.at("state")),
                                    publish.at("events").get<std::uint64_t>(), lag_shown(publish)));
    }
    line("retained WAL", bytes_text(status.at("retained_wal_bytes").get<double>()));
    line("dead letters", shown(status.at("dead_letters")));
    if (status.contains("resyncs")) {
        for (const Json& resync : status.at("resyncs")) line("resync", resync_standing(resync));
    }
    TextTable table({"table", "target", "mode", "state", "rows copied", "estimated", "last commit", "note"});
    for (const Json& row : status.at("tables")) {
        table.add({shown(row.at("name")), shown(row.at("target")), shown(row.at("mode")),
                   shown(row.at("state")), shown(row.at("rows_copied")), shown(row.at("rows_estimated")),
                   shown(row.at("last_commit_ts")), row.value("reason", "")});
    }
    return text + "\n" + table.text();
}

std::optional<std::string> not_ready_reason(const StatusReport& report, std::chrono::milliseconds lag_max) {
    if (report.state != "streaming") {
        return fmt::format("the pipeline is {}{}{}", report.state, report.reason.empty() ? "" : ": ",
                           report.reason);
    }
    for (const TableReport& table : report.tables) {
        if (table.state == "streaming" || table.state == "excluded") continue;
        return fmt::format("table {} is {}", table.name, table.state);
    }
    const double lag_seconds_max = std::chrono::duration<double>(lag_max).count();
    if (report.lag_seconds < lag_seconds_max) return std::nullopt;
    return fmt::format("it lags {:.1f} s, allowed are {:.1f} s", report.lag_seconds, lag_seconds_max);
}

}  // namespace walferry
