#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/capture/debezium/avro_test_schemas.h"
#include "tests/capture/debezium/event_texts.h"
#include "tests/capture/debezium/recorded_records.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

using namespace walferry;
using namespace walferry::debezium;
using walferry::testing::GivenSchemas;
using walferry::testing::recorded_records;
using walferry::testing::StoredRecord;
using Json = nlohmann::json;

namespace {

std::string bytes_of(const std::string& hex) {
    std::string bytes;
    for (std::size_t at = 0; at < hex.size(); at += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
    return bytes;
}

std::optional<std::string> bytes_or_null(const Json& hex) {
    if (hex.is_null()) return std::nullopt;
    return bytes_of(hex.get<std::string>());
}

/// The recorded events as fastavro writes them, in their order.
struct InAvro {
    explicit InAvro(const std::string& name) {
        const walferry::testing::TempDir dir("avro");
        const auto done = walferry::testing::run(
            {.command = {WALFERRY_AVRO_PYTHON, WALFERRY_AVRO_JUDGE, "write",
                         std::string(WALFERRY_DEBEZIUM_DATA) + "/" + name + ".jsonl.gz", dir / "events"}});
        INFO(done.err);
        REQUIRE(done.exit.code == 0);
        std::istringstream lines(walferry::testing::read_file(dir / "events"));
        std::string line;
        std::getline(lines, line);
        const Json texts = Json::parse(line);
        for (const auto& [id, text] : texts.items())
            schemas.schemas[std::stoi(id)] = {text.get<std::string>()};
        while (std::getline(lines, line)) {
            const Json json = Json::parse(line);
            StoredRecord record;
            record.topic = json.at("topic");
            record.key = bytes_or_null(json.at("key"));
            record.value = bytes_or_null(json.at("value"));
            for (const auto& header : json.at("headers")) record.headers.emplace_back(header[0], header[1]);
            records.push_back(std::move(record));
        }
    }

    GivenSchemas schemas;
    std::vector<StoredRecord> records;
};

}  // namespace

TEST_CASE("recorded events that fastavro wrote say what their JSON says") {
    const char* file = GENERATE("types", "behave", "toast", "other");
    const std::string name = std::string("b_schemas/") + file;
    InAvro avro(name);
    std::vector<StoredRecord> records = recorded_records(name);
    REQUIRE(avro.records.size() == records.size());
    Options options;
    options.format = RecordFormat::Avro;
    EventReader json_reader{Options{}}, avro_reader(options, {}, &avro.schemas);
    std::size_t rows = 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const std::string expected = walferry::testing::tell_all(json_reader.read(records[i].view()));
        const auto event = avro_reader.read(avro.records[i].view());
        INFO(name << " " << records[i].topic << " " << records[i].offset);
        CHECK(walferry::testing::tell_all(event) == expected);
        rows += event.has_value() && std::holds_alternative<RowChange>(event.value()) ? 1 : 0;
    }
    CHECK((rows > 0 || file == std::string("other")));
    // Each once, if at all: keys of what is no row are not read.
    CHECK(avro.schemas.asked <= static_cast<int>(avro.schemas.schemas.size()));
}
