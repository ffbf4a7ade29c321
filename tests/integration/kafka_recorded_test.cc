#include <fmt/format.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/capture/debezium/recorded_records.h"
#include "tests/integration/event_stand.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

struct RecordedCase {
    Target target;
    const char* folder;
};

/// Sends what a real Debezium has recorded, topic by topic; with two events of each in turn, as nobody
/// promises an order across topics.
std::size_t send_recorded(const std::vector<std::string>& files, std::set<std::string>& topics) {
    EventProducer producer(EventStand::brokers());
    std::size_t sent = 0;
    for (const std::string& file : files) {
        for (const StoredRecord& record : recorded_records(file)) {
            if (topics.insert(record.topic).second)
                shared_broker().create_topic(record.topic, 1, {{"max.message.bytes", "8000000"}});
            producer.send(record.topic, record.key, record.value, 0, record.headers);
            ++sent;
        }
    }
    producer.flush();
    return sent;
}

}  // namespace

TEST_CASE("what a real Debezium recorded goes into every mode of both warehouses", "[kafka-recorded]") {
    const RecordedCase each = GENERATE(values<RecordedCase>({{Target::DuckDb, "a_default"},
                                                             {Target::Postgres, "b_schemas"},
                                                             {Target::Postgres, "c_txmeta"},
                                                             {Target::DuckDb, "c_txmeta"}}));
    INFO(name_of(each.target) << " " << each.folder);
    static std::set<std::string> topics;
    static std::map<std::string, std::size_t> sent;
    if (!sent.contains(each.folder)) {
        sent[each.folder] =
            send_recorded({fmt::format("{}/types", each.folder), fmt::format("{}/behave", each.folder),
                           fmt::format("{}/other", each.folder)},
                          topics);
    }
    const std::string prefix = fmt::format("{}.", each.folder);
    std::optional<PgCluster> cluster;
    EventFerryOptions options;
    if (each.target == Target::Postgres) {
        cluster.emplace();
        cluster->create_database("warehouse");
        options.warehouse.emplace(PgDatabase{*cluster, "warehouse"});
    }
    options.topics = {prefix + "*", "__debezium-heartbeat." + std::string(each.folder)};
    if (!topics.contains(options.topics[1])) options.topics.pop_back();
    options.group = fmt::format("recorded {} {}", each.folder, static_cast<int>(each.target));
    // Without a key there is no history.
    options.tables =
        "  - match: \"*.nopk_*\"\n    targets: [ { mode: append } ]\n"
        "  - match: \"*.*\"\n    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";
    options.more = "dead_letters: { max_rate: 1 }\n";
    EventFerry ferry(options);
    const Completed ended = ferry.catch_up();
    INFO(ended.out << ended.err);
    REQUIRE(ended.exit == Exit{0, 0});

    // What the statements in sql/behave.sql and sql/stream.sql leave.
    const bool truncates = std::string_view(each.folder) == "c_txmeta";  // others leave them out
    const std::map<std::string, std::string> left{{"pk_single id v", "2 two; 3 three; 40 FOUR"},
                                                  {"pk_text v v", "1 1; 3 3"},
                                                  {"pk_composite a b", "1 k; 2 l"},
                                                  {"pk_full id w", "1 w; 2 w2"},
                                                  {"pk_uuid v v", "1 1"},
                                                  {"pk_odd v v", "1 1"},
                                                  {"uidx a v", "1 x; 2 y"},
                                                  {"multi_a id v", "1 10; 2 2; 3 3; 5 5; 9 9"},
                                                  {"multi_b id v", ""},
                                                  {"trunc_a id id", truncates ? "2 2" : "1 1; 2 2"},
                                                  {"trunc_b id id", truncates ? "" : "1 1"},
                                                  {"created_later id v", "1 x"},
                                                  {"empty_tbl id v", "424242 0"}};
    for (const auto& [table, rows] : left) {
        CAPTURE(table);
        std::istringstream names(table);
        std::string name, key, column;
        names >> name >> key >> column;
        for (const char* from : {"", "_history WHERE is_current"}) {
            std::string found;
            for (const auto& row : ferry.rows(
                     fmt::format("SELECT {} AS a, {} AS b FROM b.{}{} ORDER BY 1", key, column, name, from)))
                found +=
                    (found.empty() ? "" : "; ") + row[0].value_or("NULL") + " " + row[1].value_or("NULL");
            CHECK(found == rows);
        }
    }
    // A key of zeros that Debezium invents; and intervals that it saturates, where a schema says that they
    // are.
    std::set<std::string> letters, known{"b.uidx_pk 4", "b.uidx_pk 8"};
    if (std::string_view(each.folder) == "b_schemas") {
        for (const int offset : {7, 8, 21, 22}) known.insert(fmt::format("types.t_interval {}", offset));
    }
    for (const auto& row :
         ferry.rows("SELECT topic, kafka_offset FROM walferry.dead_letter WHERE stage = 'decode' AND state = "
                    "'pending'"))
        letters.insert(row[0]->substr(prefix.size()) + " " + *row[1]);
    CHECK(letters == known);
    CHECK(ferry.value("SELECT count(*) FROM walferry.dead_letter") == std::to_string(known.size()));
}
