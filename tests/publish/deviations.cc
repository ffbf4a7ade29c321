#include "tests/publish/deviations.h"

#include <fmt/format.h>

#include <functional>

namespace walferry::publish {

namespace {

using Json = nlohmann::json;

/// One kind of difference; what is empty matches all.
struct Deviation {
    std::string name;
    std::string topic;
    std::set<std::string> parts;
    std::set<std::string> ops;
    std::set<std::string> columns;
    std::function<bool(const Json& theirs, const Json& ours)> allowed;
};

const Json absent = "(absent)";
const std::set<std::string> rows{"before", "after"};

bool any(const Json&, const Json&) {
    return true;
}
bool theirs_null(const Json& theirs, const Json& ours) {
    return theirs.is_null() && !ours.is_null();
}
bool ours_null(const Json& theirs, const Json& ours) {
    return !theirs.is_null() && ours.is_null();
}
bool added_text(const Json& theirs, const Json& ours) {
    if (theirs.is_null()) return ours["type"] == "string" && !ours.contains("name");  // the schema
    return theirs == absent && (ours.is_string() || ours.is_null());
}
bool left_out(const Json& theirs, const Json& ours) {
    return ours == absent || (theirs.is_object() && ours.is_null());
}
bool same_float32(const Json& theirs, const Json& ours) {
    return theirs.get<float>() == ours.get<float>();
}
bool same_members(const Json& theirs, const Json& ours) {
    return Json::parse(theirs.get<std::string>()) == Json::parse(ours.get<std::string>());
}
bool items_optional(const Json& theirs, const Json& ours) {
    Json same = ours;
    same["items"]["optional"] = false;
    return same == theirs;
}
bool bits_array(const Json& theirs, const Json& ours) {
    return ours["type"] == "array" && ours["items"]["name"] == theirs["name"];
}
bool negative_scale(const Json& theirs, const Json& ours) {
    Json same = ours;
    if (!theirs.is_object()) return ours.get<std::string>().size() == 4;
    if (same["parameters"]["scale"] != "-2") return false;
    same["parameters"]["scale"] = "2046";
    return same == theirs;
}

/// Values that differ from a real Debezium's, with the reason (docs/debezium-compatibility.md).
std::vector<Deviation> of_types() {
    return {
        {"dates BC follow the calendar in snapshots, too",
         "types.t_date",
         {"after"},
         {"r"},
         {"d"},
         [](const Json&, const Json& ours) { return ours == -719163 || ours == -735160; }},
        {"time[] keeps microseconds and 24:00",
         "types.t_array",
         {"after"},
         {},
         {"tm"},
         [](const Json&, const Json& ours) { return ours == Json::parse("[45296123456,null,86400000000]"); }},
        {"bit(n)[] is an array", "types.t_array", {"after"}, {}, {"bi"}, theirs_null},
        {"bit(n)[] has the schema of an array", "types.t_array", {"schema"}, {}, {"bi"}, bits_array},
        {"ltree[] may have NULL", "types.t_array", {"after"}, {}, {"lt"}, theirs_null},
        {"an enum's array may have NULL", "types.t_enum", {"after"}, {}, {"ea"}, theirs_null},
        {"an enum's array has optional items", "types.t_enum", {"schema"}, {}, {"ea"}, items_optional},
        {"arrays without Connect type are text",
         "types.t_array",
         {"before", "after", "schema"},
         {},
         {"iv", "m", "p", "vb", "x"},
         added_text},
        {"composite types are text", "types.t_composite", {}, {}, {"c", "ca"}, added_text},
        {"multiranges are text", "types.t_multirange", {}, {}, {}, added_text},
        {"system types are text", "types.t_sys", {}, {}, {}, added_text},
        {"lquery is text", "types.t_ltree", {}, {}, {"q"}, added_text},
        {"tsquery is text", "types.t_tsvector", {}, {}, {"q"}, added_text},
        {"a negative scale is one", "types.t_numeric_ps", {"after", "schema"}, {}, {"n3_m2"}, negative_scale},
        {"name is streamed", "types.t_text", {"after"}, {"c", "u"}, {"nm"}, theirs_null},
        {"timetz has offsets with seconds", "types.t_timetz", {"after"}, {}, {}, theirs_null},
        {"Java prints the least float4 with a digit more",
         "types.t_float",
         {"after"},
         {},
         {"f4"},
         same_float32},
        {"hstore's members come in PostgreSQL's order",
         "types.t_hstore",
         {"after"},
         {},
         {"h"},
         same_members}};
}

/// What else does.
std::vector<Deviation> of_events() {
    return {{"what the stream does not say of a deleted row is null, not invented",
             "",
             {"before"},
             {"d"},
             {},
             ours_null},
            {"NULL is null, not the column's default",
             "types.t_default",
             {"after"},
             {"r", "c"},
             {"dn", "i8", "v"},
             ours_null},
            {"generated columns are never published before PostgreSQL 18",
             "types.t_generated",
             {"after", "schema"},
             {},
             {"g"},
             left_out},
            {"a partitioned table's rows are copied once",
             "b.part",
             {"count"},
             {},
             {},
             [](const Json&, const Json& ours) { return ours == 0; }},
            {"an invented timestamptz has the column's digits",
             "types.t_notnull",
             {"before"},
             {"d"},
             {"tz"},
             [](const Json&, const Json& ours) { return ours == "1970-01-01T00:00:00.000000Z"; }},
            {"no key is invented where the old row has none", "b.uidx_pk", {}, {}, {}, any}};
}

/// Everything that differs; nothing else may.
const std::vector<Deviation>& deviations() {
    static const std::vector<Deviation> table = [] {
        std::vector<Deviation> all = of_types();
        for (Deviation& deviation : of_events()) all.push_back(std::move(deviation));
        return all;
    }();
    return table;
}

bool has(const std::set<std::string>& words, const std::string& word) {
    return words.empty() || words.count(word) != 0;
}

}  // namespace

bool same_value(const Json& theirs, const Json& ours) {
    if (theirs.is_number() && ours.is_number()) {
        if (theirs.is_number_float() || ours.is_number_float())
            return theirs.get<double>() == ours.get<double>();
        return theirs == ours;
    }
    if (theirs.type() != ours.type()) return false;
    if (theirs.is_array()) {
        if (theirs.size() != ours.size()) return false;
        for (std::size_t i = 0; i < theirs.size(); ++i)
            if (!same_value(theirs[i], ours[i])) return false;
        return true;
    }
    if (theirs.is_object()) {
        if (theirs.size() != ours.size()) return false;
        for (const auto& [name, value] : theirs.items())
            if (!ours.contains(name) || !same_value(value, ours[name])) return false;
        return true;
    }
    return theirs == ours;
}

std::set<std::string> all_deviations() {
    std::set<std::string> names;
    for (const Deviation& deviation : deviations()) names.insert(deviation.name);
    return names;
}

Comparison::Comparison(const EventTopics& theirs, const EventTopics& ours, bool truncates) {
    for (const auto& [topic, events] : theirs) {
        topic_ = topic;
        std::vector<EventRecord> made;
        if (const auto found = ours.find(topic); found != ours.end()) {
            for (const EventRecord& event : found->second) {
                const bool truncate = event.event().is_object() && event.event()["op"] == "t";
                if (truncates || !truncate) made.push_back(event);
            }
        }
        check({topic, "count"}, events.size(), made.size());
        for (std::size_t i = 0; i < std::min(made.size(), events.size()); ++i)
            compare_record(events[i], made[i]);
    }
}

void Comparison::check(const Place& place, const Json& theirs, const Json& ours) {
    if (same_value(theirs, ours)) return;
    for (const Deviation& deviation : deviations()) {
        const bool here = (deviation.topic.empty() || deviation.topic == place.topic) &&
                          has(deviation.parts, place.part) && has(deviation.ops, place.op) &&
                          has(deviation.columns, place.column);
        if (!here || !deviation.allowed(theirs, ours)) continue;
        used_.insert(deviation.name);
        return;
    }
    differences_.push_back(fmt::format("{} {} {} {}: {} | {}", place.topic, place.part, place.op,
                                       place.column, theirs.dump().substr(0, 200),
                                       ours.dump().substr(0, 200)));
}

void Comparison::compare_record(const EventRecord& theirs, const EventRecord& ours) {
    ++compared_;
    check({topic_, "key"}, theirs.key, ours.key);
    Json their_headers;
    Json our_headers;
    for (const auto& [name, value] : theirs.headers)
        their_headers[name] = name == "__debezium.context.runId" ? "run" : value;
    for (const auto& [name, value] : ours.headers) our_headers[name] = value;
    check({topic_, "headers"}, their_headers, our_headers);
    check({topic_, "tombstone"}, theirs.value.is_null(), ours.value.is_null());
    if (!theirs.value.is_null() && !ours.value.is_null()) compare_event(theirs, ours);
}

void Comparison::compare_event(const EventRecord& theirs, const EventRecord& ours) {
    compare_fields(theirs, ours);
    for (const char* image : {"before", "after"}) compare_row(image, theirs, ours);
    const bool schemas = theirs.value.contains("schema");
    check({topic_, "schemas"}, schemas, ours.value.contains("schema"));
    if (schemas) compare_schemas(theirs.value["schema"], ours.value["schema"]);
}

void Comparison::compare_schemas(Json theirs, Json ours) {
    for (const int image : {0, 1}) {
        std::map<std::string, Json> fields;
        for (Json& field : ours["fields"][image]["fields"]) fields[field["field"]] = field;
        for (const Json& field : theirs["fields"][image]["fields"]) {
            const std::string name = field["field"];
            check({topic_, "schema", {}, name}, field, fields[name]);
            fields.erase(name);
        }
        for (const auto& [name, field] : fields) check({topic_, "schema", {}, name}, Json(), field);
        theirs["fields"][image].erase("fields");
        ours["fields"][image].erase("fields");
    }
    check({topic_, "schema"}, theirs, ours);
}

void Comparison::compare_row(const std::string& image, const EventRecord& theirs, const EventRecord& ours) {
    const Json& their_row = theirs.event()[image];
    const Json& our_row = ours.event()[image];
    const std::string op = theirs.event()["op"];
    check({topic_, "null " + image, op}, their_row.is_null(), our_row.is_null());
    if (their_row.is_null() || our_row.is_null()) return;
    for (const auto& [name, value] : their_row.items())
        check({topic_, image, op, name}, value, our_row.contains(name) ? our_row[name] : absent);
    for (const auto& [name, value] : our_row.items())
        if (!their_row.contains(name)) check({topic_, image, op, name}, absent, value);
}

void Comparison::compare_fields(const EventRecord& theirs, const EventRecord& ours) {
    Json events[] = {theirs.event(), ours.event()};
    for (Json& event : events) {
        event.erase("before");
        event.erase("after");
        Json& source = event["source"];
        // What depends on the run is compared by its type.
        for (Json* part : {&event, &source}) {
            for (const char* name : {"ts_ms", "ts_us", "ts_ns", "txId", "lsn"})
                if (part->contains(name)) (*part)[name] = (*part)[name].type_name();
        }
        source["sequence"] = Json::parse(source["sequence"].get<std::string>()).size();
        if (source["snapshot"] != "false") source["snapshot"] = "given by the caller";
        if (!event["transaction"].is_null()) event["transaction"]["id"] = "of the run";
    }
    check({topic_, "envelope"}, events[0], events[1]);
}

}  // namespace walferry::publish
