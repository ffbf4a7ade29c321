#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "tests/integration/event_stand.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using nlohmann::json;

namespace {

constexpr const char* placeholder = "__debezium_unavailable_value";

/// Sends the source's changes of table `item`, and lets walferry apply them.
struct Changes {
    Changes(EventStand& of, bool one_by_one) : stand(of), steps(one_by_one) {}

    /// A transaction of its own, unless `same`.
    void send(char op, std::int64_t id, const json& after = nullptr, bool same = false) {
        if (!same) ++text.xid, text.time_us += 1000;
        text.lsn += 10;
        const json before = op == 'd' ? json{{"id", id}, {"n", 0}, {"note", nullptr}} : json();
        producer.send(stand.topic, EventText::key(id), text.value(op, before, after));
        if (op == 'd') producer.send(stand.topic, EventText::key(id), std::nullopt);
        if (steps) apply();
    }
    void row(char op, std::int64_t id, std::int64_t n, const json& note, bool same = false) {
        send(op, id, {{"id", id}, {"n", n}, {"note", note}}, same);
    }
    void apply() {
        producer.flush();
        const Completed ended = stand.ferry->catch_up();
        INFO(ended.out << ended.err);
        REQUIRE(ended.exit == Exit{0, 0});
    }

    EventStand& stand;
    bool steps;
    EventProducer producer{EventStand::brokers()};
    EventText text;
};

std::vector<std::string> lines(const EventFerry& ferry, const std::string& select) {
    std::vector<std::string> all;
    for (const auto& row : ferry.rows(select)) {
        std::string line;
        for (const auto& value : row) line += (line.empty() ? "" : "|") + value.value_or("NULL");
        all.push_back(line);
    }
    return all;
}

using Lines = std::vector<std::string>;

constexpr const char* letters_sql =
    "SELECT kafka_offset, stage, op, state, target_table FROM walferry.dead_letter ORDER BY kafka_offset, "
    "target_table";

}  // namespace

TEST_CASE("events that come twice or build on rows that are not there are applied as far as they tell",
          "[kafka-changes]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const bool one_by_one = GENERATE(false, true);
    INFO(name_of(target) << (one_by_one ? ", one by one" : ", at once"));
    EventStand stand(target, fmt::format("changes{}{}", static_cast<int>(target), one_by_one), 1,
                     {.more = "dead_letters: { max_rate: 1 }\n"});
    Changes changes(stand, one_by_one);
    changes.row('c', 1, 1, "first");            // offset 0
    changes.row('c', 1, 2, "again");            // 1: is there already
    changes.row('u', 2, 1, "not there");        // 2
    changes.row('u', 3, 1, placeholder);        // 3: builds on nothing
    changes.row('c', 4, 1, "there");            // 4
    changes.send('d', 4);                       // 5, tombstone 6
    changes.row('u', 4, 2, "back");             // 7: after its delete
    changes.send('d', 5);                       // 8, tombstone 9: never was
    changes.row('c', 7, 1, "long");             // 10
    changes.row('u', 7, 2, placeholder);        // 11
    changes.row('u', 7, 3, placeholder, true);  // 12
    changes.row('c', 8, 1, "gone");             // 13
    changes.send('d', 8);                       // 14, tombstone 15
    changes.row('u', 8, 2, placeholder);        // 16: builds on what was deleted
    changes.row('r', 9, 1, "read");             // 17
    changes.row('r', 9, 1, "read");             // 18: the same again
    if (!one_by_one) changes.apply();

    const EventFerry& ferry = *stand.ferry;
    CHECK(lines(ferry, "SELECT id, n, note FROM public.item ORDER BY id") ==
          Lines{"1|2|again", "2|1|not there", "4|2|back", "7|3|long", "9|1|read"});
    CHECK(lines(ferry, "SELECT id, n, note FROM public.item_history WHERE is_current ORDER BY id") ==
          Lines{"1|2|again", "2|1|not there", "4|2|back", "7|3|long", "9|1|read"});
    CHECK(lines(ferry,
                "SELECT id, n, note FROM public.item_history WHERE NOT is_current AND valid_from < valid_to "
                "ORDER BY id, n") == Lines{"1|1|first", "4|1|there", "7|1|long", "8|1|gone"});
    // What an append target has no row for it fills from its own rows; there are none for these.
    CHECK(lines(ferry, "SELECT _offset, _op FROM public.item_changes ORDER BY _offset") ==
          Lines{"0|c", "1|c", "2|u", "3|u", "4|c", "5|d", "7|u", "8|d", "10|c", "11|u", "12|u", "13|c",
                "14|d", "16|u", "17|r", "18|r"});
    CHECK(lines(ferry, letters_sql) ==
          Lines{"3|apply|u|pending|public.item", "3|apply|u|pending|public.item_history",
                "16|apply|u|pending|public.item", "16|apply|u|pending|public.item_history"});

    // A whole image makes up for a letter.
    changes.row('u', 3, 5, "whole");
    changes.apply();
    CHECK(ferry.value("SELECT note FROM public.item WHERE id = 3") == "whole");
    CHECK(
        lines(ferry,
              "SELECT state, count(*) AS letters FROM walferry.dead_letter GROUP BY state ORDER BY state") ==
        Lines{"pending|2", "superseded|2"});
}

TEST_CASE("several changes of a row in one transaction of the source are one version", "[kafka-changes]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    EventStand stand(target, fmt::format("versions{}", static_cast<int>(target)), 1);
    Changes changes(stand, false);
    changes.row('c', 1, 1, "a");
    changes.row('u', 1, 2, "b", true);
    changes.row('u', 1, 3, "c", true);
    changes.row('u', 1, 4, "d");
    changes.send('d', 1, nullptr, true);
    changes.row('c', 1, 5, "e", true);
    // Another transaction at the same moment is another one.
    ++changes.text.xid;
    changes.row('u', 1, 6, "f", true);
    changes.row('c', 2, 1, "came and went");
    changes.send('d', 2, nullptr, true);
    changes.apply();
    CHECK(lines(*stand.ferry, "SELECT id, n, is_current::int AS c FROM public.item_history ORDER BY id, n") ==
          Lines{"1|3|0", "1|5|0", "1|6|1"});
    CHECK(lines(*stand.ferry, "SELECT id, n FROM public.item") == Lines{"1|6"});
}

TEST_CASE("without a key an event of a row that is not there is a dead letter alone", "[kafka-changes]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    EventStand stand(target, fmt::format("keyless{}", static_cast<int>(target)), 1,
                     {.tables = "  - match: \"*.*\"\n    targets: [ { mode: upsert }, { mode: append } ]\n",
                      .more = "dead_letters: { max_rate: 1 }\n"});
    Changes changes(stand, false);
    const auto send = [&](char op, const json& before, const json& after) {
        changes.text.lsn += 10;
        changes.text.time_us += 5;
        ++changes.text.xid;
        changes.producer.send(stand.topic, std::nullopt, changes.text.value(op, before, after));
    };
    const json one{{"id", 1}, {"note", "x"}}, two{{"id", 2}, {"note", nullptr}},
        three{{"id", 3}, {"note", "z"}};
    send('c', nullptr, one);
    send('c', nullptr, one);
    send('c', nullptr, two);
    send('d', three, nullptr);  // offset 3
    send('d', one, nullptr);
    send('u', three, {{"id", 4}, {"note", "a"}});  // offset 5
    send('u', two, {{"id", 5}, {"note", "b"}});
    changes.apply();
    CHECK(lines(*stand.ferry, "SELECT id, note FROM public.item ORDER BY id") == Lines{"1|x", "5|b"});
    CHECK(lines(*stand.ferry, letters_sql) ==
          Lines{"3|apply|d|pending|public.item", "5|apply|u|pending|public.item"});
    CHECK(stand.ferry->value("SELECT count(*) FROM public.item_changes") == "7");
}

TEST_CASE("a truncate empties a table whose topic has one partition, else it is a dead letter",
          "[kafka-changes]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const int partitions = GENERATE(1, 2);
    INFO(name_of(target) << ", " << partitions << " partitions");
    EventStand stand(target, fmt::format("truncate{}{}", static_cast<int>(target), partitions), partitions,
                     {.more = "dead_letters: { max_rate: 1 }\n"});
    Changes changes(stand, false);
    const auto truncate = [&] {
        ++changes.text.xid;
        changes.text.lsn += 10;
        changes.text.time_us += 1000;
        changes.producer.send(stand.topic, std::nullopt, changes.text.value('t', nullptr, nullptr), 0);
    };
    truncate();  // the first that is seen of the table
    changes.row('c', 1, 1, "a");
    changes.row('c', 2, 1, "b");
    changes.apply();
    truncate();
    changes.row('c', 2, 2, "c");
    changes.apply();
    const EventFerry& ferry = *stand.ferry;
    const bool applied = partitions == 1;
    CHECK(lines(ferry, "SELECT id, n FROM public.item ORDER BY id") ==
          (applied ? Lines{"2|2"} : Lines{"1|1", "2|2"}));
    CHECK(lines(ferry, "SELECT id, n FROM public.item_history WHERE is_current ORDER BY id") ==
          (applied ? Lines{"2|2"} : Lines{"1|1", "2|2"}));
    CHECK(ferry.value("SELECT count(*) FROM public.item_changes WHERE _op = 't'") == (applied ? "1" : "0"));
    CHECK(ferry.value("SELECT count(*) FROM walferry.dead_letter WHERE error LIKE '%TRUNCATE%'") ==
          (applied ? "0" : "1"));
}
