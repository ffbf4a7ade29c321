#include <fmt/format.h>

#include "publish/message_records.h"
#include "tests/publish/deviations.h"
#include "tests/publish/recorded_source.h"
#include "tests/support/catch.h"

namespace walferry::publish {
namespace {

using Json = nlohmann::json;

EnvelopeSettings settings_of(const std::string& set) {
    EnvelopeSettings settings;
    settings.topic_prefix = set;
    settings.database = "golden";
    settings.schemas = set == "b_schemas";
    return settings;
}

EnvelopeSettings exactly(EnvelopeSettings settings) {
    settings.values.fidelity = Fidelity::Exact;
    return settings;
}

/// Made once: what the code under test publishes for each of the recorded settings.
struct Published {
    RecordingPublisher plain{settings_of("a_default"), false};
    RecordingPublisher with_schemas{settings_of("b_schemas"), false};
    RecordingPublisher with_transactions{settings_of("c_txmeta"), true};

    RecordingPublisher exact{exactly(settings_of("exact")), false};

    Published() { publish_recorded_source({&plain, &with_schemas, &with_transactions, &exact}); }
};

const Published& published() {
    static const Published made;
    return made;
}

std::set<std::string> compare(const std::string& set, const std::string& file, const EventTopics& ours) {
    const Comparison comparison(recorded_events(set, file), ours, set == "c_txmeta");
    std::string differences;
    for (const std::string& difference : comparison.differences()) differences += difference + "\n";
    CHECK(differences == "");
    CHECK(comparison.compared_events() > 10);
    return comparison.used();
}

/// What the transactions counted, in their order, but for `others` among their tables.
std::vector<std::string> counts(const EventTopics& topics, const std::set<std::string>& others) {
    std::vector<std::string> counts;
    for (const EventRecord& record : topics.at("transaction")) {
        if (record.value["status"] != "END") continue;
        std::set<std::string> tables;  // Debezium's order is that of a hash table
        bool counted = true;
        for (const Json& collection : record.value["data_collections"]) {
            const std::string name = collection["data_collection"];
            tables.insert(fmt::format("{}:{}", name, collection["event_count"].dump()));
            for (const std::string& other : others)
                counted = counted && name.find(other) == std::string::npos;
        }
        if (counted)
            counts.push_back(
                fmt::format("{} {}", record.value["event_count"].dump(), fmt::join(tables, " ")));
    }
    return counts;
}

/// The source that a recorded event says it has.
EventSource source_of(const Json& event) {
    const Json& recorded = event["source"];
    const Json sequence = Json::parse(recorded["sequence"].get<std::string>());
    const auto lsn = [](const Json& text) {
        return Lsn{text.is_string() ? std::stoull(text.get<std::string>()) : text.get<std::uint64_t>()};
    };
    EventSource source;
    source.time = recorded["ts_us"].get<std::int64_t>() - 946'684'800'000'000;
    if (!recorded["txId"].is_null()) source.transaction_id = recorded["txId"];
    if (!recorded["lsn"].is_null()) source.lsn = lsn(recorded["lsn"]);
    if (!sequence[0].is_null()) source.previous_commit = lsn(sequence[0]);
    if (!sequence[1].is_null()) source.sequence_lsn = lsn(sequence[1]);
    source.published_ns = event.contains("ts_ns") ? event["ts_ns"].get<std::int64_t>()
                                                  : event["ts_ms"].get<std::int64_t>() * 1'000'000;
    return source;
}

}  // namespace

TEST_CASE("events equal those of a real Debezium, but for what is listed") {
    std::set<std::string> used;
    for (const char* file : {"types", "behave", "toast_all"})
        used.merge(compare("a_default", file, published().plain.topics()));
    for (const char* file : {"types", "behave"}) {
        used.merge(compare("b_schemas", file, published().with_schemas.topics()));
        used.merge(compare("c_txmeta", file, published().with_transactions.topics()));
    }
    CHECK(used == all_deviations());
}

TEST_CASE("transactions are counted as a real Debezium counts them") {
    const auto theirs = counts(recorded_events("c_txmeta", "other"), {"LogicalDecodingMessage", "uidx_pk"});
    auto ours = counts(published().with_transactions.topics(), {"uidx_pk"});
    // Here Debezium counts a message, too, which this test does not read.
    std::erase(ours, "1 b.multi_a:1");
    CHECK(theirs.size() > 100);
    CHECK(theirs == ours);
    std::vector<std::string> statuses;
    for (const EventRecord& record : published().with_transactions.topics().at("transaction")) {
        statuses.push_back(record.value["status"]);
        CHECK(record.key["id"] == record.value["id"]);
        CHECK(record.headers.empty());
    }
    for (std::size_t i = 0; i < statuses.size(); ++i) CHECK(statuses[i] == (i % 2 == 0 ? "BEGIN" : "END"));
}

TEST_CASE("a key that the old row does not have is not invented") {
    std::vector<std::string> lines;
    for (const EventRecord& record : published().plain.topics().at("b.uidx_pk")) {
        const Json& event = record.event();
        lines.push_back(event.is_null()
                            ? record.key.dump() + " null"
                            : fmt::format("{} {} {} {}", event["op"].get<std::string>(), record.key.dump(),
                                          event["before"].dump(), event["after"].dump()));
    }
    CHECK(lines ==
          std::vector<std::string>{
              R"(r {"id":1} null {"a":10,"id":1,"v":"x"})", R"(r {"id":2} null {"a":20,"id":2,"v":"y"})",
              R"(c {"id":3} null {"a":30,"id":3,"v":"z"})", R"(u {"id":3} null {"a":30,"id":3,"v":"zz"})",
              R"(u {"id":3} {"a":30,"id":null,"v":null} {"a":33,"id":3,"v":"zz"})",
              R"(u {"id":4} null {"a":33,"id":4,"v":"zz"})", R"(d null {"a":33,"id":null,"v":null} null)",
              "null null"});
}

TEST_CASE("messages and heartbeats are those of a real Debezium, to the last number") {
    for (const std::string set : {"a_default", "b_schemas", "c_txmeta"}) {
        const EnvelopeSettings settings = settings_of(set);
        const MessageRecords messages(settings);
        TransactionRecords transactions(settings);
        RecordBatch batch;
        const auto recorded = recorded_events(set, "other").at("message");
        REQUIRE(recorded.size() == 5);
        const std::vector<std::string> contents{"transactional é", {"\0\xff", 2}, "", "y", "x"};
        for (std::size_t i = 0; i < recorded.size(); ++i) {
            batch.clear();
            transactions.reset();
            const EventSource source = source_of(recorded[i].event());
            const std::string prefix = recorded[i].bare_key()["prefix"];
            // The last one is the second event of its transaction.
            if (prefix == "in-tx") transactions.next(source, "b.multi_a", batch);
            messages.append_message(source, prefix, contents[i], set == "c_txmeta" ? &transactions : nullptr,
                                    batch);
            const PublishedRecord made = batch[batch.size() - 1];
            CHECK(made.topic == set + ".message");
            CHECK_FALSE(made.has_context);
            CHECK(Json::parse(made.key.value()) == recorded[i].key);
            CHECK(Json::parse(made.value.value()) == recorded[i].value);
        }
    }
    RecordBatch batch;
    const auto recorded = recorded_events("c_txmeta", "other").at("__debezium-heartbeat.c_txmeta");
    const MessageRecords heartbeats(settings_of("c_txmeta"));
    heartbeats.append_heartbeat(recorded[0].value["ts_ms"], batch);
    CHECK(batch[0].topic == "__debezium-heartbeat.c_txmeta");
    CHECK(Json::parse(batch[0].key.value()) == recorded[0].key);
    CHECK(Json::parse(batch[0].value.value()) == recorded[0].value);
}

TEST_CASE("with exact fidelity what Debezium's types can't carry is PostgreSQL's text, copied and streamed") {
    struct Expected {
        const char* table;
        int id;
        const char* column;
        Json value;
    };
    const Expected expected[] = {{"t_interval", 3, "i", "-1 years -2 mons +3 days -04:05:06.789012"},
                                 {"t_interval", 8, "i", "178000000 years"},
                                 {"t_timetz", 6, "t", "01:02:03-15:59:59"},
                                 {"t_timetz", 2, "t3", "12:34:56.123+05:30"},
                                 {"t_date", 7, "d", "0044-03-15 BC"},
                                 {"t_timestamp", 7, "t0", "infinity"},
                                 {"t_timestamp", 2, "t5", "2024-02-29 12:34:56.12346"},
                                 {"t_timestamptz", 8, "t", "-infinity"},
                                 {"t_numeric", 2, "n", "0.000"},
                                 {"t_numeric_ps", 2, "n3_m2", "12300"},
                                 {"t_bit", 3, "vb", "00000001"},
                                 {"t_bit", 1, "vb1", ""},
                                 {"t_bit", 2, "b9", "AAE="},
                                 {"t_array", 1, "i4", "{1,NULL,3}"},
                                 {"t_array", 1, "tm", "{12:34:56.123456,NULL,24:00:00}"},
                                 {"t_money", 3, "m", "kg=="},
                                 {"t_float", 2, "f8", "Infinity"},
                                 {"t_date", 900, "d", nullptr}};
    for (const Expected& value : expected) {
        INFO(value.table << " " << value.column);
        int seen = 0;
        for (const EventRecord& record :
             published().exact.topics().at(fmt::format("types.{}", value.table))) {
            const Json& event = record.event();
            if (event.is_null() || (event["op"] != "r" && event["op"] != "c")) continue;
            if (event["after"]["id"].get<int>() % 1000 != value.id) continue;
            CHECK(event["after"][value.column] == value.value);
            ++seen;
        }
        CHECK(seen == 2);
    }
}

TEST_CASE("an envelope has its numbers where Debezium has them") {
    PublishedTable table;
    table.name = {"b", "multi_a"};
    for (const char* name : {"id", "v"}) {
        PublishedColumn column{name, {}, name == std::string("id")};
        column.type.oid = 23;
        table.columns.push_back(column);
    }
    table.key = {0};
    table.in_identity = {true, false};
    TableEncoder encoder(table, settings_of("c_txmeta"));
    TransactionRecords transactions(settings_of("c_txmeta"));
    RecordBatch batch;
    Relation relation;
    const auto recorded = recorded_events("c_txmeta", "behave").at("b.multi_a")[0];
    const std::vector<ColumnValue> row{{ValueKind::Text, "1"}, {ValueKind::Text, "1"}};
    ChangeEvent change;
    change.relation = &relation;
    change.after = row;
    REQUIRE(encoder.append_change(change, source_of(recorded.event()), &transactions, batch).has_value());
    REQUIRE(batch.size() == 2);
    CHECK(Json::parse(batch[0].value.value())["status"] == "BEGIN");
    CHECK(Json::parse(batch[1].value.value()) == recorded.value);
    // The order of members, too.
    CHECK(batch[1].value->starts_with(
        R"({"before":null,"after":{"id":1,"v":1},"source":{"version":"3.7.0.Final",)"
        R"("connector":"postgresql","name":"c_txmeta","ts_ms":)"));
}

}  // namespace walferry::publish
