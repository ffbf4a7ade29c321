#include <fmt/format.h>

#include <fstream>

#include "capture/debezium/event_reader.h"
#include "kafka/schema_registry.h"
#include "model/byte_order.h"
#include "publish/message_records.h"
#include "tests/capture/debezium/event_texts.h"
#include "tests/publish/recorded_source.h"
#include "tests/support/catch.h"
#include "tests/support/must.h"
#include "tests/support/schema_registry.h"

namespace walferry::publish {
namespace {

using Json = nlohmann::json;
using testing::must;

std::unique_ptr<SchemaRegistry> open_registry() {
    SchemaRegistryOptions options;
    options.url = testing::shared_registry().url();
    return must(SchemaRegistry::open(options));
}

SchemaRegistry& registrar() {
    static const auto registry = open_registry();
    return *registry;
}

/// Debezium's defaults, or another mode for all that has one.
enum class Modes { Defaults, Others, Exact };

EnvelopeSettings settings_of(RecordFormat format, Modes modes = Modes::Defaults) {
    EnvelopeSettings settings;
    settings.topic_prefix = "shop";
    settings.database = "golden";
    settings.schemas = format == RecordFormat::Json;
    settings.format = format;
    if (modes == Modes::Exact) settings.values.fidelity = Fidelity::Exact;
    if (modes == Modes::Others) {
        settings.topic_prefix = "other";
        settings.values.hstore = HstoreMode::Map;
        settings.values.binary = BinaryMode::Hex;
        settings.values.decimal = DecimalMode::String;
        settings.values.interval = IntervalMode::String;
        settings.values.time = TimeMode::IsoString;
    }
    if (format == RecordFormat::Avro) settings.registrar = &registrar();
    return settings;
}

/// The recorded source, published in JSON with schemas and in Avro, record beside record.
struct Published {
    RecordingPublisher json{settings_of(RecordFormat::Json), true};
    RecordingPublisher avro{settings_of(RecordFormat::Avro), true};
    RecordingPublisher other_json{settings_of(RecordFormat::Json, Modes::Others), true};
    RecordingPublisher other_avro{settings_of(RecordFormat::Avro, Modes::Others), true};
    RecordingPublisher exact_json{settings_of(RecordFormat::Json, Modes::Exact), true};
    RecordingPublisher exact_avro{settings_of(RecordFormat::Avro, Modes::Exact), true};

    Published() {
        publish_recorded_source({&json, &avro, &other_json, &other_avro, &exact_json, &exact_avro});
    }
};

const Published& published() {
    static const Published made;
    return made;
}

KafkaRecord record_of(const RawRecord& raw, std::vector<KafkaHeader>& headers) {
    headers.clear();
    if (!raw.key_header.empty()) headers.push_back({raw.key_header, raw.other_key});
    KafkaRecord record;
    record.topic = raw.topic;
    if (raw.key) record.key = *raw.key;
    if (raw.value) record.value = *raw.value;
    record.headers = headers;
    return record;
}

/// How a JSON record and its twin in Avro read.
void compare(const std::vector<RawRecord>& json, const std::vector<RawRecord>& avro,
             const debezium::Options& options) {
    const auto registry = open_registry();
    debezium::Options in_avro = options;
    in_avro.format = debezium::RecordFormat::Avro;
    debezium::EventReader json_reader(options), avro_reader(in_avro, {}, registry.get());
    std::vector<KafkaHeader> headers;
    std::size_t rows = 0;
    REQUIRE(json.size() == avro.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
        REQUIRE(json[i].topic == avro[i].topic);
        CHECK(json[i].other_key == avro[i].other_key);
        const std::string expected = testing::tell_all(json_reader.read(record_of(json[i], headers)));
        const auto event = avro_reader.read(record_of(avro[i], headers));
        INFO(json[i].topic);
        CHECK(testing::tell_all(event) == expected);
        rows += event.has_value() && std::holds_alternative<debezium::RowChange>(event.value()) ? 1 : 0;
    }
    CHECK(rows > 300);
}

std::string hex_of(std::string_view bytes) {
    std::string text;
    for (const char letter : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(letter));
    return text;
}

/// What fastavro_judge.py reads: a part of a record in Avro beside the same in JSON.
void add_line(std::ofstream& to, const std::string& topic, const std::string& avro, const std::string& json) {
    REQUIRE(avro.size() > 5);
    REQUIRE(avro[0] == 0);
    const auto schema = must(registrar().schema(load_big_endian<std::int32_t>(avro.data() + 1)));
    const Json line{{"topic", topic},
                    {"schema", schema.text},
                    {"avro", hex_of(std::string_view(avro).substr(5))},
                    {"connect", Json::parse(json)}};
    to << line.dump() << '\n';
}

std::string judged(const std::vector<RawRecord>& json, const std::vector<RawRecord>& avro) {
    const testing::TempDir dir("avro");
    std::ofstream lines(dir / "records");
    REQUIRE(json.size() == avro.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
        REQUIRE(json[i].key.has_value() == avro[i].key.has_value());
        REQUIRE(json[i].value.has_value() == avro[i].value.has_value());
        if (json[i].key) add_line(lines, json[i].topic + " key", *avro[i].key, *json[i].key);
        if (json[i].value) add_line(lines, json[i].topic, *avro[i].value, *json[i].value);
    }
    lines.close();
    const auto done =
        testing::run({.command = {WALFERRY_AVRO_PYTHON, WALFERRY_AVRO_JUDGE, "read", dir / "records"}});
    return done.out + done.err;
}

}  // namespace

TEST_CASE("what is written as Avro is read as what JSON says") {
    compare(published().json.raw(), published().avro.raw(), {});
    compare(published().exact_json.raw(), published().exact_avro.raw(), {});
    debezium::Options options;
    options.binary = BinaryMode::Hex;
    compare(published().other_json.raw(), published().other_avro.raw(), options);
}

TEST_CASE("fastavro reads of Avro what is in JSON") {
    const auto count = [](const std::vector<RawRecord>& records) {
        std::size_t parts = 0;
        for (const RawRecord& record : records)
            parts += (record.key.has_value() ? 1 : 0) + (record.value.has_value() ? 1 : 0);
        return parts;
    };
    const auto& json = published().json.raw();
    CHECK(count(json) > 1000);
    CHECK(judged(json, published().avro.raw()) == fmt::format("{} records read\n", count(json)));
    const auto& other = published().other_json.raw();
    CHECK(judged(other, published().other_avro.raw()) == fmt::format("{} records read\n", count(other)));
    const auto& exact = published().exact_json.raw();
    CHECK(judged(exact, published().exact_avro.raw()) == fmt::format("{} records read\n", count(exact)));
}

TEST_CASE("messages and heartbeats in Avro say what JSON says") {
    std::vector<RawRecord> raw[2];
    for (const RecordFormat format : {RecordFormat::Json, RecordFormat::Avro}) {
        const auto settings = settings_of(format);
        MessageRecords messages(settings);
        TransactionRecords transactions(settings);
        must(messages.prepare_messages());
        must(messages.prepare_heartbeats());
        must(transactions.prepare());
        RecordBatch batch;
        EventSource source;
        source.transaction_id = 7;
        source.lsn = source.sequence_lsn = Lsn{4711};
        source.published_ns = 1'795'236'013'037'427'204;
        messages.append_message(source, "p", {"a\0\xff", 3}, &transactions, batch);
        source.transaction_id.reset();
        source.previous_commit = Lsn{4700};
        source.origin = "elsewhere";
        messages.append_message(source, "", "", nullptr, batch);
        messages.append_heartbeat(1'795'236'013'037, batch);
        for (std::size_t i = 0; i < batch.size(); ++i)
            raw[format == RecordFormat::Avro].push_back({std::string(batch[i].topic),
                                                         std::string(batch[i].key.value()),
                                                         std::string(batch[i].value.value()), "", ""});
    }
    CHECK(judged(raw[0], raw[1]) == "8 records read\n");
    debezium::Options options;
    options.format = debezium::RecordFormat::Avro;
    debezium::EventReader reader(options, {}, &registrar());
    std::vector<std::string> told;
    std::vector<KafkaHeader> headers;
    for (const RawRecord& record : raw[1])
        told.push_back(testing::tell(reader.read(record_of(record, headers))));
    const std::string content("a\0\xff", 3);
    CHECK(told == std::vector<std::string>{"begin 7:4711 0", "message p: " + content, "message : , alone",
                                           "heartbeat 1795236013037000"});
}

TEST_CASE("columns that would have one name in Avro are refused before anything is written") {
    PublishedTable table;
    table.name = {"public", "clash"};
    for (const char* name : {"a b", "a_b"}) {
        PublishedColumn column{name, {}};
        column.type.oid = 23;
        table.columns.push_back(column);
        table.in_identity.push_back(false);
    }
    TableEncoder encoder(table, settings_of(RecordFormat::Avro));
    const auto prepared = encoder.prepare();
    REQUIRE(prepared.has_error());
    CHECK(prepared.error().kind == ErrorKind::Schema);
    CHECK(prepared.error().message == "shop.public.clash.Value: 'a b' and 'a_b' are both called a_b in Avro");
    RecordBatch batch;
    const std::vector<ColumnValue> row(2);
    CHECK(encoder.append_read(row, {}, batch).error().kind == ErrorKind::Schema);
    CHECK(batch.size() == 0);
}

}  // namespace walferry::publish
