#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "tests/integration/event_stand.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using nlohmann::json;

namespace {

json field(const std::string& type, const std::string& name, bool optional) {
    return {{"type", type}, {"optional", optional}, {"field", name}};
}

/// An event with its schema: id, and n as this type.
std::string with_schema(const EventText& text, std::int64_t id, const std::string& type, const json& n) {
    json after{
        {"type", "struct"},
        {"optional", true},
        {"field", "after"},
        {"name", "events.public.item.Value"},
        {"fields", {field("int32", "id", false), field(type, "n", true), field("string", "note", true)}}};
    json before = after;
    before["field"] = "before";
    json source{{"type", "struct"},
                {"optional", false},
                {"field", "source"},
                {"name", "io.debezium.connector.postgresql.Source"},
                {"fields", json::array({field("string", "connector", false)})}};
    json schema{{"type", "struct"},
                {"optional", false},
                {"name", "events.public.item.Envelope"},
                {"version", 2},
                {"fields", {before, after, source, field("string", "op", false)}}};
    const json payload = json::parse(text.value('c', nullptr, {{"id", id}, {"n", n}, {"note", "typed"}}));
    return json{{"schema", schema}, {"payload", payload}}.dump();
}
std::string key_with_schema(std::int64_t id) {
    const json schema{{"type", "struct"},
                      {"optional", false},
                      {"name", "events.public.item.Key"},
                      {"fields", json::array({field("int32", "id", false)})}};
    return json{{"schema", schema}, {"payload", {{"id", id}}}}.dump();
}

struct ShapeLoad {
    explicit ShapeLoad(EventStand& of) : stand(of) {}

    void move_on() {
        ++text.xid;
        text.lsn += 10;
        text.time_us += 500;
    }
    void send(std::int64_t id, char op, const json& row, std::int32_t partition) {
        move_on();
        producer.send(stand.topic, EventText::key(id), text.value(op, nullptr, row), partition);
    }

    EventStand& stand;
    EventProducer producer{EventStand::brokers()};
    EventText text;
};

std::string catch_up(const EventStand& stand) {
    const Completed ended = stand.ferry->catch_up();
    return ended.exit == Exit{0, 0} ? "" : ended.out + ended.err;
}

}  // namespace

TEST_CASE("partitions of a topic need not be in step when the source changes a table", "[kafka-shapes]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    EventStand stand(target, fmt::format("step{}", static_cast<int>(target)), 3);
    ShapeLoad load(stand);
    for (int turn = 0; turn < 4; ++turn) {
        for (std::int64_t id = 0; id < 60; ++id) {
            json row{{"id", id}, {"n", turn * 100 + id}};
            // Partition 1 has it from the second turn on, 2 from the third on, 0 from the last one on.
            const std::int64_t since = id % 3 == 1 ? 1 : id % 3 == 2 ? 2 : 3;
            if (turn >= since) row["extra"] = fmt::format("extra {}", turn);
            row["note"] = "in the end";
            load.send(id, turn == 0 ? 'c' : 'u', row, static_cast<std::int32_t>(id % 3));
        }
        load.producer.flush();
        if (turn == 1 || turn == 2) CHECK(catch_up(stand) == "");
    }
    CHECK(catch_up(stand) == "");
    CHECK(event_differences(stand.ferry->reader(), stand.events(), {"id", "n", "extra", "note"}) == "");
    CHECK(stand.ferry->value("SELECT count(*) FROM walferry.dead_letter") == "0");
}

TEST_CASE("workers that meet a new column at the same time add it once", "[kafka-shapes]") {
    EventStand stand(Target::Postgres, "together", 4, {.batch = "{ max_rows: 50 }"});
    EventFerry& ferry = *stand.ferry;
    ShapeLoad load(stand);
    for (std::size_t worker = 0; worker < 3; ++worker) ferry.start_and_hear(worker);
    for (int turn = 0; turn < 6; ++turn) {
        for (std::int64_t id = 0; id < 400; ++id) {
            json row{{"id", id}, {"n", turn}};
            for (int column = 0; column < turn; ++column) row[fmt::format("c{}", column)] = id + column;
            row["note"] = "kept";
            load.send(id, turn == 0 ? 'c' : 'u', row, static_cast<std::int32_t>(id % 4));
        }
        load.producer.flush();
    }
    const std::string ended = catch_up(stand);
    for (std::size_t worker = 0; worker < 3; ++worker) CHECK(ferry.process(worker).running());
    for (std::size_t worker = 0; worker < 3; ++worker) CHECK(ferry.stop(worker) == Exit{0, 0});
    INFO(ferry.logs());
    CHECK(ended == "");
    CHECK(event_differences(ferry.reader(), stand.events(),
                            {"id", "n", "c0", "c1", "c2", "c3", "c4", "note"}) == "");
}

TEST_CASE("a type that becomes wider at the source widens all targets", "[kafka-shapes]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    EventStand stand(target, fmt::format("wider{}", static_cast<int>(target)), 2);
    ShapeLoad load(stand);
    const auto send = [&](std::int64_t id, const std::string& type, const json& n) {
        load.move_on();
        load.producer.send(stand.topic, key_with_schema(id), with_schema(load.text, id, type, n),
                           static_cast<std::int32_t>(id % 2));
    };
    const auto sums = [&] {
        std::string all;
        for (const char* table : {"item", "item_history", "item_changes"})
            all +=
                stand.ferry->value(fmt::format("SELECT CAST(sum(n) AS varchar) AS n FROM public.{}", table)) +
                " ";
        return all;
    };
    send(1, "int32", 7);
    send(2, "int32", 8);
    load.producer.flush();
    CHECK(catch_up(stand) == "");
    CHECK(sums() == "15 15 15 ");
    send(3, "int64", 5'000'000'000);
    send(4, "int32", 9);  // the other partition is behind
    load.producer.flush();
    CHECK(catch_up(stand) == "");
    send(5, "int64", 6'000'000'000);
    send(6, "int32", 10);
    load.producer.flush();
    CHECK(catch_up(stand) == "");
    CHECK(sums() == "11000000034 11000000034 11000000034 ");
    CHECK(stand.ferry->value("SELECT count(*) FROM walferry.dead_letter") == "0");
}

TEST_CASE("workers whose partitions widen a type at different times lose nothing", "[kafka-shapes]") {
    EventStand stand(Target::Postgres, "widening", 4, {.batch = "{ max_rows: 50 }"});
    EventFerry& ferry = *stand.ferry;
    ShapeLoad load(stand);
    for (std::size_t worker = 0; worker < 2; ++worker) ferry.start_and_hear(worker);
    std::int64_t sum = 0;
    for (int turn = 0; turn < 40; ++turn) {
        for (std::int64_t partition = 0; partition < 4; ++partition) {
            const bool wide = turn > 10 + partition * 5;
            const std::int64_t id = turn * 4 + partition, n = wide ? 5'000'000'000 + id : id;
            sum += n;
            load.move_on();
            load.producer.send(stand.topic, key_with_schema(id),
                               with_schema(load.text, id, wide ? "int64" : "int32", n),
                               static_cast<std::int32_t>(partition));
        }
        load.producer.flush();
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
    }
    const std::string ended = catch_up(stand);
    for (std::size_t worker = 0; worker < 2; ++worker) CHECK(ferry.process(worker).running());
    for (std::size_t worker = 0; worker < 2; ++worker) CHECK(ferry.stop(worker) == Exit{0, 0});
    INFO(ferry.logs());
    CHECK(ended == "");
    CHECK(catch_up(stand) == "");
    for (const char* table : {"item", "item_history", "item_changes"}) {
        CAPTURE(table);
        CHECK(ferry.value(fmt::format("SELECT sum(n) FROM public.{}", table)) == std::to_string(sum));
    }
    CHECK(ferry.value("SELECT count(*) FROM walferry.dead_letter") == "0");
}

TEST_CASE("what values without schema were taken for widens in later sessions too", "[kafka-shapes]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const bool at_once = GENERATE(true, false);
    INFO(name_of(target) << (at_once ? ", at once" : ", in sessions of their own"));
    EventStand stand(target, fmt::format("infer{}{}", static_cast<int>(target), at_once), 1);
    ShapeLoad load(stand);
    const auto send = [&](std::int64_t id, const json& n, bool more = false) {
        json row{{"id", id}, {"n", n}, {"note", "kept"}};
        if (more) row["more"] = 1;
        load.send(id, 'c', row, 0);
        load.producer.flush();
        if (!at_once) CHECK(catch_up(stand) == "");
    };
    send(1, 1);
    send(2, 2, true);
    send(3, 1.5, true);
    send(4, nullptr);
    send(5, 2.25);
    if (at_once) CHECK(catch_up(stand) == "");
    CHECK(stand.ferry->value("SELECT count(*) FROM walferry.dead_letter") == "0");
    CHECK(std::stod("0" +
                    stand.ferry->value(
                        "SELECT CAST(sum(CAST(n AS double precision)) AS varchar) AS n FROM public.item")) ==
          6.75);
}
