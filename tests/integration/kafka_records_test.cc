#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/integration/event_stand.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using nlohmann::json;
using std::chrono::seconds;

namespace {

using std::string_literals::operator""s;

/// Records that nothing can be read of.
std::vector<std::optional<std::string>> garbage() {
    const std::string good = EventText{}.value('c', nullptr, {{"id", 1}, {"n", 1}, {"note", "x"}});
    std::vector<std::optional<std::string>> values{
        "",
        "not JSON at all",
        "[1, 2, 3]",
        "\"a text\"",
        "17",
        "{\"id\": 1}",
        "{\"op\": \"c\", \"after\": {\"id\": 1}}",
        "\xff\xfe\x00\x01 of no encoding"s,
        "{\"note\": \"\xc3\x28\"}",
        "\0\0\0\0\x01"s,
        std::string(1 << 20, 'x'),
        "{\"" + std::string(1 << 20, '[') + "\"}",
        std::string(5000, '['),
        R"({"before":null,"after":{"id":1,"n":"many","note":"\u0000"},"source":{"connector":"postgresql"},"op":"c"})",
        R"({"before":null,"after":null,"source":{"connector":"postgresql","schema":"public","table":"item"},"op":"?"})",
    };
    for (const std::size_t cut : {std::size_t{1}, good.size() / 3, good.size() / 2, good.size() - 1})
        values.push_back(good.substr(0, cut));
    return values;
}

std::string base64_or_text(const json& bytes) {
    return bytes.is_string() ? bytes.get<std::string>() : "base64:" + bytes.at("base64").get<std::string>();
}

void send_rows(EventProducer& producer, const std::string& topic, int first, int last,
               std::int32_t partition = -1) {
    EventText text;
    for (int id = first; id <= last; ++id) {
        ++text.xid;
        text.lsn += 10;
        text.time_us += 7;
        producer.send(topic, EventText::key(id),
                      text.value('c', nullptr, {{"id", id}, {"n", id * 2}, {"note", "kept"}}), partition);
    }
}

}  // namespace

TEST_CASE("each record that can't be read is a dead letter with all of its bytes", "[kafka-records]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    EventStand stand(target, fmt::format("garbage{}", static_cast<int>(target)), 1,
                     {.more = "dead_letters: { max_rate: 1 }\n"});
    EventProducer producer(EventStand::brokers());
    const auto bad = garbage();
    int id = 0;
    for (const auto& value : bad) {
        send_rows(producer, stand.topic, id + 1, id + 3);
        id += 3;
        producer.send(stand.topic, "a key\0of bytes"s, value, -1, {{"of", "a header"}, {"raw", "\xff\0"s}});
    }
    send_rows(producer, stand.topic, id + 1, id + 3);
    producer.flush();
    const Completed ended = stand.ferry->catch_up();
    INFO(ended.out << ended.err);
    REQUIRE(ended.exit == Exit{0, 0});

    CHECK(stand.ferry->value("SELECT count(*) FROM public.item") == std::to_string(id + 3));
    const TargetReader targets = stand.ferry->reader();
    const Rows letters = targets.rows(
        "SELECT topic, kafka_partition, kafka_offset, stage, state, CAST(after AS varchar) AS record FROM "
        "walferry.dead_letter ORDER BY kafka_offset");
    std::vector<LoggedEvent> wanted;
    for (const LoggedEvent& event : stand.events()) {
        if (!event.headers.empty()) wanted.push_back(event);
    }
    REQUIRE(letters.size() == bad.size());
    REQUIRE(wanted.size() == bad.size());
    for (std::size_t i = 0; i < letters.size(); ++i) {
        CAPTURE(i);
        CHECK(letters[i][0] == stand.topic);
        CHECK(letters[i][1] == "0");
        CHECK(letters[i][2] == std::to_string(wanted[i].offset));
        CHECK(letters[i][3] == "decode");
        CHECK(letters[i][4] == "pending");
        const json record = json::parse(letters[i][5].value_or(""));
        CHECK(base64_or_text(record["key"]) == "base64:YSBrZXkAb2YgYnl0ZXM=");
        CHECK(record["headers"].dump() == R"([["of","a header"],["raw",{"base64":"/wA="}]])");
        const json value = record["value"];
        if (value.is_string()) {
            CHECK((value == *wanted[i].value));
        } else {
            CHECK(value.at("base64").get<std::string>().size() == (wanted[i].value->size() + 2) / 3 * 4);
        }
    }
}

TEST_CASE("catching up ends at records that were aborted, and at once without any", "[kafka-records]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    EventStand stand(target, fmt::format("aborted{}", static_cast<int>(target)), 3);
    const auto catch_up = [&] {
        const Completed ended = stand.ferry->catch_up();
        INFO(ended.out << ended.err);
        CHECK(ended.exit == Exit{0, 0});
    };
    catch_up();
    EventProducer producer(EventStand::brokers(), "aborts of " + stand.topic);
    const auto send = [&](int first, bool keeps) {
        producer.begin();
        send_rows(producer, stand.topic, first, first + 9);
        keeps ? producer.commit() : producer.abort();
    };
    send(1, false);
    catch_up();
    send(11, true);
    send(21, false);
    catch_up();
    CHECK(stand.differences() == "");
    CHECK(stand.ferry->value("SELECT count(*) FROM public.item") == "10");
    send(31, false);
    catch_up();
    catch_up();
    CHECK(stand.differences() == "");
}

TEST_CASE("records that Kafka has deleted before they were read stop walferry", "[kafka-records]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    EventStand stand(target, fmt::format("gone{}", static_cast<int>(target)), 2);
    EventProducer producer(EventStand::brokers());
    send_rows(producer, stand.topic, 1, 20, 0);
    producer.flush();
    REQUIRE(stand.ferry->catch_up().exit == Exit{0, 0});
    send_rows(producer, stand.topic, 21, 40, 0);
    producer.flush();
    shared_broker().delete_records(stand.topic, 0, 30);
    const Completed ended = stand.ferry->catch_up();
    INFO(ended.out << ended.err);
    CHECK(ended.exit == Exit{3, 0});
    CHECK(ended.err.find("Kafka has deleted what is before 30") != std::string::npos);
    CHECK(ended.err.find("walferry drop") != std::string::npos);
    CHECK(stand.ferry->value("SELECT count(*) FROM public.item") == "20");

    shared_broker().delete_topic(stand.topic);
    eventually([&] {
        try {
            shared_broker().create_topic(stand.topic, 2);
            return true;
        } catch (const std::runtime_error&) {
            return false;
        }
    });
    send_rows(producer, stand.topic, 41, 43, 0);
    producer.flush();
    const Completed anew = stand.ferry->catch_up();
    INFO(anew.out << anew.err);
    CHECK(anew.exit == Exit{3, 0});
    CHECK(anew.err.find("made anew") != std::string::npos);
    CHECK(stand.ferry->value("SELECT count(*) FROM public.item") == "20");
}

TEST_CASE("walferry waits for brokers that can't be reached, and says so", "[kafka-records]") {
    const int port = free_port();
    EventFerry ferry({.brokers = fmt::format("127.0.0.1:{}", port), .topics = {"any.*"}, .group = "any"});
    ferry.start();
    json status;
    CHECK(eventually(
        [&] {
            status = ferry.status();
            return status.is_object() && status["state"] == "retrying";
        },
        seconds(60)));
    INFO(status.dump() << ferry.logs());
    CHECK(status["reason"].dump().find(std::to_string(port)) != std::string::npos);
    CHECK(ferry.process().running());
    CHECK(ferry.stop() == Exit{0, 0});
}
