// Decoding alone: one record of Kafka in, one change out, no I/O. Events of some 600 bytes, as Debezium 3.7
// writes them for a table of six columns: JSON bare, JSON with the schema in each, and Avro.
//
//   debezium_read EVENTS
//
// Prints a line for each: events a second of processor time, bytes an event.

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "capture/debezium/event_reader.h"
#include "kafka/schema_source.h"
#include "model/pg_types.h"
#include "publish/table_encoder.h"

using namespace walferry;
using namespace walferry::debezium;

namespace {

constexpr std::size_t distinct_events = 1000;

struct Stored {
    std::string key, value;
};

std::string payload(std::size_t id) {
    return fmt::format(
        R"({{"before":null,"after":{{"id":{0},"customer":{1},"status":"shipped {1}","amount":"AJY=",)"
        R"("note":"a note of some length for order {0}","created":17042{0:011}}},"source":{{"version":)"
        R"("3.7.0.Final","connector":"postgresql","name":"shop","ts_ms":1795236012856,"snapshot":"false",)"
        R"("db":"shop","sequence":"[\"1757181200\",\"1757181240\"]","ts_us":1795236012856577,)"
        R"("ts_ns":1795236012856577000,"schema":"public","table":"orders","txId":16346,"lsn":1757181240,)"
        R"("xmin":null,"origin":null,"origin_lsn":null}},"transaction":null,"op":"c",)"
        R"("ts_ms":1795236013037,"ts_us":1795236013037427,"ts_ns":1795236013037427204}})",
        id, id % 77);
}

std::string row_schema(const char* field) {
    return std::string(
               R"({"type":"struct","fields":[{"type":"int64","optional":false,"field":"id"},)"
               R"({"type":"int32","optional":true,"field":"customer"},)"
               R"({"type":"string","optional":true,"field":"status"},)"
               R"({"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,)"
               R"("parameters":{"scale":"2","connect.decimal.precision":"10"},"field":"amount"},)"
               R"({"type":"string","optional":true,"field":"note"},)"
               R"({"type":"int64","optional":true,"name":"io.debezium.time.MicroTimestamp","version":1,)"
               R"("field":"created"}],"optional":true,"name":"shop.public.orders.Value","field":")") +
           field + "\"}";
}

Stored stored(std::size_t id, bool with_schema) {
    Stored event{fmt::format(R"({{"id":{}}})", id), payload(id)};
    if (!with_schema) return event;
    event.key = R"({"schema":{"type":"struct","fields":[{"type":"int64","optional":false,"field":"id"}],)"
                R"("optional":false,"name":"shop.public.orders.Key"},"payload":)" +
                event.key + "}";
    event.value = R"({"schema":{"type":"struct","fields":[)" + row_schema("before") + "," +
                  row_schema("after") +
                  R"(],"optional":false,"name":"shop.public.orders.Envelope","version":2},"payload":)" +
                  event.value + "}";
    return event;
}

std::optional<KnownTable> known_orders(std::string_view, std::string_view) {
    KnownTable table;
    const auto set = [&](const char* name, std::uint32_t oid, std::int32_t modifier = -1) {
        table.columns[name].oid = oid;
        table.columns[name].modifier = modifier;
    };
    set("id", pg_types::int8);
    set("customer", pg_types::int4);
    set("status", pg_types::text);
    set("amount", pg_types::numeric, (10 << 16 | 2) + 4);
    set("note", pg_types::text);
    set("created", pg_types::timestamp);
    return table;
}

std::vector<Stored> json_events(bool with_schema) {
    std::vector<Stored> events;
    for (std::size_t id = 1; id <= distinct_events; ++id) events.push_back(stored(id, with_schema));
    return events;
}

/// Schemas by their ids, as a registry would have them.
class Schemas final : public SchemaSource, public SchemaRegistrar {
 public:
    Result<RegisteredSchema> schema(std::int32_t id) override {
        return RegisteredSchema{texts_[static_cast<std::size_t>(id)]};
    }
    Result<std::int32_t> id_of(const std::string&, const std::string& schema) override {
        texts_.push_back(schema);
        return static_cast<std::int32_t>(texts_.size() - 1);
    }

 private:
    std::vector<std::string> texts_;
};

/// The same events, written by ourselves.
std::vector<Stored> avro_events(Schemas& schemas) {
    publish::EnvelopeSettings settings;
    settings.topic_prefix = settings.database = "shop";
    settings.format = publish::RecordFormat::Avro;
    settings.registrar = &schemas;
    publish::PublishedTable table;
    table.name = {"public", "orders"};
    const auto known = known_orders("", "");
    for (const char* name : {"id", "customer", "status", "amount", "note", "created"}) {
        table.columns.push_back({name, known->columns.at(name), name == std::string_view("id")});
        table.in_identity.push_back(table.columns.back().not_null);
    }
    table.key = {0};
    publish::TableEncoder encoder(table, settings);
    publish::EventSource source;
    source.time = 848'551'212'856'577;
    source.transaction_id = 16346;
    source.lsn = source.sequence_lsn = Lsn{1'757'181'240};
    source.previous_commit = Lsn{1'757'181'200};
    source.published_ns = 1'795'236'013'037'427'204;
    std::vector<Stored> events;
    for (std::size_t id = 1; id <= distinct_events; ++id) {
        const std::string texts[] = {fmt::format("{}", id),
                                     fmt::format("{}", id % 77),
                                     fmt::format("shipped {}", id % 77),
                                     "1.50",
                                     fmt::format("a note of some length for order {}", id),
                                     "2024-01-02 07:04:56.123456"};
        std::vector<ColumnValue> row;
        for (const std::string& text : texts) row.push_back({ValueKind::Text, text});
        ChangeEvent change;
        change.after = row;
        publish::RecordBatch batch;
        if (!encoder.append_change(change, source, nullptr, batch)) std::abort();
        events.push_back({std::string(*batch[0].key), std::string(*batch[0].value)});
    }
    return events;
}

bool measure(const char* name, const std::vector<Stored>& events, std::size_t count, Schemas* schemas) {
    Options options;
    if (schemas != nullptr) options.format = RecordFormat::Avro;
    EventReader reader(options, known_orders, schemas);
    std::size_t bytes = 0;
    const std::clock_t begin = std::clock();
    for (std::size_t i = 0; i < count; ++i) {
        const Stored& event = events[i % distinct_events];
        KafkaRecord record;
        record.topic = "shop.public.orders";
        record.key = event.key;
        record.value = event.value;
        const auto read = reader.read(record);
        if (!read) {
            std::fprintf(stderr, "%s\n", describe(read.error()).c_str());
            return false;
        }
        bytes += event.key.size() + event.value.size();
    }
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    std::printf("%-12s %10.0f events/s  %zu bytes an event\n", name, static_cast<double>(count) / seconds,
                bytes / count);
    return true;
}

}  // namespace

int main(int count, char* arguments[]) {
    const std::size_t events = count == 2 ? std::strtoul(arguments[1], nullptr, 10) : 0;
    if (events == 0) {
        std::fputs("usage: debezium_read EVENTS\n", stderr);
        return 2;
    }
    Schemas schemas;
    const bool done = measure("bare", json_events(false), events, nullptr) &&
                      measure("with schema", json_events(true), events, nullptr) &&
                      measure("avro", avro_events(schemas), events, &schemas);
    return done ? 0 : 1;
}
