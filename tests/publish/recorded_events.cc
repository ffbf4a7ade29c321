#include "tests/publish/recorded_events.h"

#include <zlib.h>

#include <memory>
#include <sstream>
#include <stdexcept>

namespace walferry::publish {

namespace {

using nlohmann::json;

std::string unpacked(const std::string& path) {
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
    if (file == nullptr) throw std::runtime_error("no file " + path);
    std::string text;
    std::string piece(1 << 20, '\0');
    while (true) {
        const int count = gzread(file.get(), piece.data(), static_cast<unsigned>(piece.size()));
        if (count < 0) throw std::runtime_error("can't read " + path);
        if (count == 0) return text;
        text.append(piece, 0, static_cast<std::size_t>(count));
    }
}

json parsed(const json& text) {
    return text.is_null() ? json() : json::parse(text.get<std::string>());
}

}  // namespace

const json& EventRecord::payload(const json& document) {
    return document.contains("schema") && document.contains("payload") ? document["payload"] : document;
}

EventTopics recorded_events(const std::string& set, const std::string& file) {
    EventTopics topics;
    std::istringstream lines(unpacked(WALFERRY_RECORDED "/" + set + "_" + file + ".jsonl.gz"));
    for (std::string line; std::getline(lines, line);) {
        const json record = json::parse(line);
        EventRecord event;
        event.topic = record["topic"];
        if (event.topic.starts_with(set + ".")) event.topic.erase(0, set.size() + 1);
        event.key = parsed(record["key"]);
        event.value = parsed(record["value"]);
        for (const json& header : record["headers"]) event.headers[header[0]] = header[1];
        topics[event.topic].push_back(std::move(event));
    }
    return topics;
}

}  // namespace walferry::publish
