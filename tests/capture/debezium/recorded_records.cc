#include "tests/capture/debezium/recorded_records.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/support/gzip_file.h"

namespace walferry::testing {

namespace {

std::optional<std::string> text_or_null(const nlohmann::json& value) {
    if (value.is_null()) return std::nullopt;
    return value.get<std::string>();
}

}  // namespace

KafkaRecord StoredRecord::view() {
    header_views.clear();
    for (const auto& [name, content] : headers) header_views.push_back({name, content});
    KafkaRecord record;
    record.topic = topic;
    record.partition = partition;
    record.offset = offset;
    if (key) record.key = *key;
    if (value) record.value = *value;
    record.headers = header_views;
    return record;
}

std::vector<StoredRecord> recorded_records(const std::string& name) {
    const std::string text = read_gzip_file(std::string(WALFERRY_DEBEZIUM_DATA) + "/" + name + ".jsonl.gz");
    std::vector<StoredRecord> records;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const auto line = nlohmann::json::parse(text.begin() + static_cast<std::ptrdiff_t>(at),
                                                text.begin() + static_cast<std::ptrdiff_t>(end));
        at = end + 1;
        StoredRecord record;
        record.topic = line.at("topic");
        record.partition = line.at("partition");
        record.offset = line.at("offset");
        record.key = text_or_null(line.at("key"));
        record.value = text_or_null(line.at("value"));
        for (const auto& header : line.at("headers")) record.headers.emplace_back(header[0], header[1]);
        records.push_back(std::move(record));
    }
    return records;
}

std::string debezium_file(const std::string& name) {
    std::ifstream stream(std::string(WALFERRY_DEBEZIUM_DATA) + "/" + name, std::ios::binary);
    if (!stream) throw std::runtime_error("no " + name);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace walferry::testing
