#include "tests/publish/recorded_events.h"

#include <sstream>

#include "tests/support/gzip_file.h"

namespace walferry::publish {

namespace {

using Json = nlohmann::json;

Json parsed(const Json& text) {
    return text.is_null() ? Json() : Json::parse(text.get<std::string>());
}

}  // namespace

const Json& EventRecord::payload(const Json& document) {
    return document.contains("schema") && document.contains("payload") ? document["payload"] : document;
}

EventTopics recorded_events(const std::string& set, const std::string& file) {
    EventTopics topics;
    std::istringstream lines(testing::read_gzip_file(WALFERRY_RECORDED "/" + set + "/" + file + ".jsonl.gz"));
    for (std::string line; std::getline(lines, line);) {
        const Json record = Json::parse(line);
        EventRecord event;
        event.topic = record["topic"];
        if (event.topic.starts_with(set + ".")) event.topic.erase(0, set.size() + 1);
        event.key = parsed(record["key"]);
        event.value = parsed(record["value"]);
        for (const Json& header : record["headers"]) event.headers[header[0]] = header[1];
        topics[event.topic].push_back(std::move(event));
    }
    return topics;
}

}  // namespace walferry::publish
