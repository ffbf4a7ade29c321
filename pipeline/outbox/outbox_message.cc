#include "pipeline/outbox/outbox_message.h"

#include <nlohmann/json.hpp>

#include "model/utc_text.h"

namespace walferry {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string outbox_json(const OutboxRow& row) {
    Json json;
    json["id"] = row.id;
    json["pipeline"] = row.pipeline;
    json["created_at"] = utc_text(row.created_at);
    json["kind"] = row.kind;
    json["source_table"] = row.source_table;
    json["target_table"] = row.target_table;
    json["commit_lsn"] = to_string(row.commit_lsn);
    json["payload"] = Json::parse(row.payload, nullptr, false);
    if (json["payload"].is_discarded()) json["payload"] = row.payload;
    return text_of(json);
}

std::string notify_json(const OutboxRow& row) {
    std::string whole = outbox_json(row);
    if (whole.size() <= notify_bytes_max) return whole;
    return text_of(Json{{"id", row.id}, {"kind", row.kind}, {"target_table", row.target_table}});
}

}  // namespace walferry
