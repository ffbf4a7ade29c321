#include "service/dead_letter_view.h"

#include <fmt/format.h>

#include <charconv>

#include "model/utc_text.h"
#include "service/text_table.h"
#include "service/time_text.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

template <class Value>
Json value_or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json();
}

Json time_or_null(PgTime time) {
    return time == 0 ? Json() : Json(utc_text(time));
}

/// JSON that is stored as text; what somebody broke by hand is shown as the text it is.
Json parsed(const std::optional<std::string>& text) {
    if (!text) return {};
    Json json = Json::parse(*text, nullptr, false);
    return json.is_discarded() ? Json(*text) : json;
}

std::string place_of(const DeadLetter& letter) {
    if (!letter.source_table.empty()) return letter.source_table;
    if (!letter.target_table.empty()) return letter.target_table;
    return letter.topic.value_or("unknown");
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stopped == end;
}

/// The text up to the next comma, which is taken off.
std::string_view take_part(std::string_view& text) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    return part;
}

std::optional<DeadLetterCursor> parse_cursor(std::string_view text) {
    DeadLetterCursor cursor;
    const auto lsn = parse_lsn(take_part(text));
    if (!lsn || !read_number(take_part(text), cursor.sequence.ordinal) || !read_number(text, cursor.id))
        return std::nullopt;
    cursor.sequence.commit_lsn = *lsn;
    return cursor;
}

bool read_ids(std::string_view text, std::vector<std::int64_t>& ids) {
    while (!text.empty()) {
        if (!read_number(take_part(text), ids.emplace_back())) return false;
    }
    return true;
}

bool read_state(const std::string& text, DeadLetterFilter& filter) {
    filter.state = parse_dead_letter_state(text);
    return filter.state || text == "any";
}

bool read_parameter(const std::string& name, const std::string& value, PgTime now, LetterQuery& query) {
    DeadLetterFilter& filter = query.filter;
    if (name == "ids") return read_ids(value, filter.ids);
    if (name == "table") {
        filter.table = value;
        return true;
    }
    if (name == "stage") return (filter.stage = parse_dead_letter_stage(value)).has_value();
    if (name == "state") return read_state(value, filter);
    if (name == "since") return (filter.since = parse_time(value, now)).has_value();
    if (name == "until") return (filter.until = parse_time(value, now)).has_value();
    if (name == "after") return (query.after = parse_cursor(value)).has_value();
    return false;
}

std::string url_encoded(std::string_view text) {
    std::string encoded;
    for (const char byte : text) {
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_';
        encoded += plain ? std::string(1, byte) : fmt::format("%{:02X}", static_cast<unsigned char>(byte));
    }
    return encoded;
}

}  // namespace

Json letter_json(const DeadLetter& letter, const std::string& pipeline) {
    const Json before = parsed(letter.before);
    const Json after = parsed(letter.after);
    const Json key = parsed(letter.key);
    Json json;
    json["id"] = letter.id;
    json["pipeline"] = pipeline;
    json["table"] = place_of(letter);
    json["source_table"] = text_or_null(letter.source_table);
    json["target_table"] = text_or_null(letter.target_table);
    json["key"] = key.is_object() ? key : Json::object();
    json["op"] = std::string(1, static_cast<char>(letter.op));
    json["lsn"] = to_string(letter.sequence.commit_lsn);
    json["commit_lsn"] = to_string(letter.sequence.commit_lsn);
    json["seq"] = letter.sequence.ordinal;
    json["xid"] = letter.xid == 0 ? Json() : Json(letter.xid);
    json["commit_ts"] = time_or_null(letter.commit_time);
    json["stage"] = to_string(letter.stage);
    json["error_code"] = text_or_null(letter.error_code);
    json["error"] = letter.error;
    json["attempts"] = letter.attempts;
    json["last_attempt_at"] = time_or_null(letter.last_attempt_at);
    json["created_at"] = utc_text(letter.created_at);
    json["state"] = to_string(letter.state);
    json["topic"] = value_or_null(letter.topic);
    json["kafka_partition"] = value_or_null(letter.kafka_partition);
    json["kafka_offset"] = value_or_null(letter.kafka_offset);
    json["payload"] = Json{{"before", before}, {"after", after}};
    json["before"] = before;
    json["after"] = after;
    return json;
}

std::string letters_text(const Json& letters) {
    TextTable table({"id", "table", "key", "op", "lsn", "stage", "error", "attempts", "created at"});
    for (const Json& letter : letters) {
        table.add({shown(letter.at("id")), shown(letter.at("table")), shown(letter.at("key")),
                   shown(letter.at("op")), shown(letter.at("lsn")), shown(letter.at("stage")),
                   shown(letter.at("error")), shown(letter.at("attempts")), shown(letter.at("created_at"))});
    }
    return table.text();
}

std::string letter_text(const Json& letter) {
    std::string text;
    for (const auto& [name, value] : letter.items()) {
        if (name == "table" || name == "lsn" || name == "payload" || value.is_null()) continue;
        if (!value.is_object() || value.empty() || name == "key") {
            text += fmt::format("{:<16}{}\n", name, shown(value));
            continue;
        }
        text += name + '\n';
        for (const auto& [column, field] : value.items()) {
            text += fmt::format(
                "  {} = {}\n", column,
                field.is_null() ? "NULL" : field.dump(-1, ' ', false, Json::error_handler_t::replace));
        }
    }
    return text;
}

Json results_json(const std::vector<ReplayResult>& results) {
    Json json = Json::array();
    for (const ReplayResult& result : results) {
        Json& entry = json.emplace_back();
        entry["id"] = result.id;
        entry["table"] = result.table;
        entry["key"] = parsed(result.key);
        entry["result"] = to_string(result.verdict);
        if (result.verdict == ReplayVerdict::Refused) entry["error"] = result.error;
    }
    return json;
}

std::string results_text(const Json& results) {
    std::string text;
    for (const Json& result : results) {
        const bool refused = result.at("result") == to_string(ReplayVerdict::Refused);
        text += fmt::format(
            "{} {} {} → {}\n", shown(result.at("id")), shown(result.at("table")), shown(result.at("key")),
            refused ? "still refused: " + shown(result.at("error")) : shown(result.at("result")));
    }
    return text;
}

bool has_refused(const Json& results) {
    for (const Json& result : results) {
        if (result.at("result") == to_string(ReplayVerdict::Refused)) return true;
    }
    return false;
}

std::string to_string(const DeadLetterCursor& cursor) {
    return fmt::format("{},{},{}", to_string(cursor.sequence.commit_lsn), cursor.sequence.ordinal, cursor.id);
}

std::string filter_query(const DeadLetterFilter& filter, const std::string& after) {
    std::string query;
    const auto add = [&](std::string_view name, std::string_view value) {
        query += fmt::format("{}{}={}", query.empty() ? "" : "&", name, url_encoded(value));
    };
    std::string ids;
    for (const std::int64_t id : filter.ids) ids += (ids.empty() ? "" : ",") + std::to_string(id);
    if (!ids.empty()) add("ids", ids);
    if (!filter.table.empty()) add("table", filter.table);
    if (filter.stage) add("stage", to_string(*filter.stage));
    add("state", filter.state ? to_string(*filter.state) : "any");
    if (filter.since) add("since", utc_text(*filter.since));
    if (filter.until) add("until", utc_text(*filter.until));
    if (!after.empty()) add("after", after);
    return query;
}

Result<LetterQuery> parse_filter_query(const QueryParameters& parameters, PgTime now) {
    LetterQuery query;
    for (const auto& [name, value] : parameters) {
        if (read_parameter(name, value, now, query)) continue;
        return Error{
            ErrorKind::Data,
            fmt::format("the parameter {}={} is none of ids=1,2 table=GLOB "
                        "stage=decode|map|contract|apply "
                        "state=pending|replayed|superseded|discarded|any since=TIME until=TIME after=PLACE",
                        name, value),
            "", ""};
    }
    return query;
}

}  // namespace walferry
