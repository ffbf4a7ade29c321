#include <set>

#include "capture/debezium/event_reader.h"
#include "model/pg_types.h"
#include "tests/capture/debezium/event_texts.h"
#include "tests/capture/debezium/recorded_records.h"
#include "tests/support/catch.h"

using namespace walferry;
using namespace walferry::debezium;
using namespace walferry::testing;

TEST_CASE("what happened in every order of keys and identities is read from the recorded events") {
    // Events of one table, in Kafka's order: op, key-only or whole before, after.
    const auto story = [](const std::string& table) {
        std::vector<std::string> told;
        EventReader reader(Options{});
        for (StoredRecord& record : recorded_records("a_default/behave")) {
            if (!record.topic.ends_with(".b." + table)) continue;
            told.push_back(tell(reader.read(record.view())));
        }
        return told;
    };
    CHECK(story("pk_single") ==
          std::vector<std::string>{"r {id=1 v=one}", "r {id=2 v=two}", "r {id=3 v=three}", "c {id=4 v=four}",
                                   "c {id=5 v=five}", "u {id=4 v=FOUR}", "u {id=5 v=NULL}",
                                   "d key {id=4 v=NULL} to {id=40 v=NULL}", "tombstone",
                                   "c {id=40 v=FOUR} from {id=4 v=NULL}", "d key {id=1 v=NULL}", "tombstone",
                                   "d key {id=5 v=NULL}", "tombstone"});
    CHECK(story("pk_composite").at(4) == "d key {b=m x=NULL a=3} to {b=M x=NULL a=3}");
    CHECK(story("nopk_full") == std::vector<std::string>{"r {a=1 v=x}", "r {a=1 v=x}", "r {a=NULL v=NULL}",
                                                         "c {a=2 v=n}", "u old {a=1 v=x} {a=1 v=y}",
                                                         "u old {a=1 v=x} {a=1 v=y}", "d old {a=NULL v=NULL}",
                                                         "tombstone", "d old {a=1 v=y}", "tombstone",
                                                         "d old {a=1 v=y}", "tombstone"});
    CHECK(story("uidx").at(4) == "d key {a=3 c=NULL v=NULL} to {a=33 c=NULL v=NULL}");
    // Identity FULL is nothing that a record says: its old rows are known by their key.
    CHECK(story("pk_full").at(3) == "u {id=3 v=zz w=w}");
    CHECK(story("pk_full").at(4) == "d key {id=3 v=NULL w=NULL} to {id=33 v=NULL w=NULL}");
}

TEST_CASE("a before-image is the old row where the caller knows of REPLICA IDENTITY FULL") {
    EventReader reader(Options{}, [](std::string_view, std::string_view) {
        KnownTable table;
        table.full_identity = true;
        return std::optional(table);
    });
    std::vector<std::string> told;
    for (StoredRecord& record : recorded_records("b_schemas/behave")) {
        if (record.topic.ends_with(".b.pk_full")) told.push_back(tell(reader.read(record.view())));
    }
    CHECK(told.at(3) == "u old {id=3 v=z w=w} {id=3 v=zz w=w}");
    CHECK(told.at(4) == "d old {id=3 v=zz w=w} to {id=33 v=NULL w=NULL}");
}

TEST_CASE("a delete with an invented key is refused, and so is what contradicts itself") {
    EventReader reader(Options{});
    std::vector<std::string> told;
    for (StoredRecord& record : recorded_records("a_default/behave")) {
        if (record.topic.ends_with(".b.uidx_pk")) told.push_back(tell(reader.read(record.view())));
    }
    CHECK(told.at(3) == "u {id=3 a=30 v=zz}");
    CHECK_THAT(told.at(4), CONTAINS_TEXT("REPLICA IDENTITY USING INDEX"));
    CHECK_THAT(told.at(8), CONTAINS_TEXT("REPLICA IDENTITY USING INDEX"));
    CHECK(tell(reader, R"({"id":1})",
               R"({"before":{"id":2,"v":null},"after":null,"op":"d",)" + source() + "}") ==
          "refused: the record's key says id = 1, and before says 2: such a stream can't be applied by key");
    CHECK(tell(reader, R"({"id":1})",
               R"({"before":null,"after":{"id":2,"v":"x"},"op":"c",)" + source() + "}") ==
          "refused: the record's key says id = 1, and after says 2: such a stream can't be applied by key");
    // A row whose key is 0 can be deleted, as long as nothing else is in its image.
    CHECK(tell(reader, R"({"id":0})",
               R"({"before":{"id":0,"v":null},"after":null,"op":"d",)" + source() + "}") ==
          "d key {id=0 v=NULL}");
}

TEST_CASE("an update or delete without key and before-image is refused, one with a key is not") {
    EventReader reader(Options{});
    const std::string update = R"({"before":null,"after":{"id":2,"v":"x"},"op":"u",)" + source() + "}";
    const std::string erase = R"({"before":null,"after":null,"op":"d",)" + source() + "}";
    CHECK(tell(reader, std::nullopt, update) ==
          "refused: an update or delete without key and without before-image: its row is not known");
    CHECK_THAT(tell(reader, std::nullopt, erase), CONTAINS_TEXT("its row is not known"));
    CHECK(tell(reader, R"({"id":2})", update) == "u {id=2 v=x}");
    CHECK(tell(reader, R"({"id":3})", erase) == "d key {id=3 v=NULL}");
    EventReader fresh(Options{});
    CHECK(tell(fresh, R"({"id":3})", erase) == "d key {id=3}");
}

TEST_CASE("placeholders of unchanged values are known by their type, and nothing else is one") {
    for (const char* recording : {"a_default/toast", "b_schemas/toast"}) {
        for (const auto policy : {AmbiguousNull::Keep, AmbiguousNull::Null, AmbiguousNull::DeadLetter}) {
            CAPTURE(recording, static_cast<int>(policy));
            Options options;
            options.ambiguous_null = policy;
            EventReader reader(options, toast_types());
            std::size_t updates = 0;
            for (StoredRecord& record : recorded_records(recording)) {
                if (!record.value) continue;
                const auto event = reader.read(record.view());
                const bool partial = record.value->find("\"num\":null") != std::string::npos &&
                                     record.value->find("\"op\":\"d\"") == std::string::npos;
                if (!partial) {
                    REQUIRE(event);
                    continue;
                }
                ++updates;
                if (policy == AmbiguousNull::DeadLetter) {
                    REQUIRE_FALSE(event);
                    CHECK_THAT(event.error().message, CONTAINS_TEXT("column num: null, or unchanged"));
                    continue;
                }
                REQUIRE(event);
                const auto& change = std::get<RowChange>(event.value());
                std::set<std::string> ambiguous;
                for (const auto column : change.ambiguous_nulls) {
                    ambiguous.insert(change.shape->relation.columns[column].name);
                    CHECK(change.after[column].kind ==
                          (policy == AmbiguousNull::Keep ? ValueKind::UnchangedToast : ValueKind::Null));
                }
                CHECK(ambiguous == std::set<std::string>{"num", "i2a", "cia", "na", "fa", "boola", "tza",
                                                         "tsa", "vb", "ea"});
                for (std::size_t i = 2; i < change.after.size(); ++i) {
                    const std::string& name = change.shape->relation.columns[i].name;
                    CAPTURE(name);
                    if (ambiguous.contains(name)) continue;
                    const bool changed = change.after[i].bytes == "short now";
                    CHECK((changed || change.after[i].kind == ValueKind::UnchangedToast));
                }
            }
            CHECK(updates == 3);  // two updates, and the create of a change of the key
        }
    }
}

TEST_CASE("a value that contains a placeholder, or is inserted, is data") {
    EventReader reader(Options{});
    const std::string text = "__debezium_unavailable_value";
    CHECK(tell(reader, R"({"id":1})", row("c", R"({"id":1,"v":")" + text + R"("})")) ==
          "c {id=1 v=" + text + "}");
    CHECK(tell(reader, R"({"id":1})", row("r", R"({"id":1,"v":")" + text + R"("})")) ==
          "r {id=1 v=" + text + "}");
    CHECK(tell(reader, R"({"id":1})", row("u", R"({"id":1,"v":")" + text + R"("})")) ==
          "u {id=1 v=(unchanged)}");
    CHECK(tell(reader, R"({"id":1})", row("u", R"({"id":1,"v":"x)" + text + R"("})")) ==
          "u {id=1 v=x" + text + "}");
    CHECK(tell(reader, R"({"id":1})", row("u", R"({"id":1,"v":{"k":")" + text + R"("}})")) ==
          R"(u {id=1 v={"k":")" + text + R"("}})");
    Options other;
    other.placeholder = "<same>";
    EventReader configured(other);
    CHECK(tell(configured, R"({"id":1})", row("u", R"({"id":1,"v":"<same>"})")) == "u {id=1 v=(unchanged)}");
    CHECK(tell(configured, R"({"id":1})", row("u", R"({"id":1,"v":")" + text + R"("})")) ==
          "u {id=1 v=" + text + "}");
}

TEST_CASE("snapshots by signal, truncates, messages, heartbeats and boundaries are read") {
    EventReader reader(Options{});
    std::map<std::string, int> counts;
    for (const char* recording : {"c_txmeta/behave", "c_txmeta/other", "b_schemas/other",
                                  "j_incremental/behave", "b_schemas/behave"}) {
        for (StoredRecord& record : recorded_records(recording)) {
            const auto event = reader.read(record.view());
            if (!event) {
                CHECK(record.topic.ends_with("uidx_pk"));
                continue;
            }
            const std::string told = tell(event);
            ++counts[told.substr(0, told.find(' '))];
            if (const auto* change = std::get_if<RowChange>(&event.value())) {
                if (change->op == Operation::Truncate) CHECK(change->shape->relation.schema == "b");
                CHECK(change->source.connector == "postgresql");
                CHECK(change->source.time_us > 1'795'236'000'000'000);
                CHECK(change->time_us > 1'795'236'000'000'000);
                const bool incremental = change->source.snapshot == SnapshotMark::Incremental;
                CHECK(incremental != change->source.lsn.has_value());
                if (record.topic.starts_with("c_txmeta") && change->op == Operation::Create)
                    CHECK(change->transaction.value().total_order > 0);
            }
            if (const auto* boundary = std::get_if<TransactionBoundary>(&event.value())) {
                CHECK(boundary->id.find(':') != std::string_view::npos);
                CHECK(boundary->end == !boundary->collections.empty());
            }
        }
    }
    CHECK(counts["t"] == 6);
    CHECK(counts["message"] == 10);
    CHECK(counts["heartbeat"] == 7);
    CHECK(counts["begin"] == counts["end"]);
    CHECK(counts["begin"] > 100);
    CHECK(counts["r"] == 28 + 28 + 5);
}

TEST_CASE("a message's content is its bytes") {
    EventReader reader(Options{});
    std::vector<std::string> told;
    for (StoredRecord& record : recorded_records("c_txmeta/other")) {
        if (record.topic == "c_txmeta.message") told.push_back(tell(reader.read(record.view())));
    }
    CHECK(told == std::vector<std::string>{
                      "message pre: transactional é", std::string("message pre: \0\xff, alone", 22),
                      "message : ", "message in-tx-nontransactional: y, alone", "message in-tx: x"});
}
