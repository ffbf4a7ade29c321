#include <fmt/format.h>

#include "capture/debezium/event_reader.h"
#include "model/pg_types.h"
#include "tests/capture/debezium/event_texts.h"
#include "tests/support/catch.h"

using namespace walferry;
using namespace walferry::debezium;
using namespace walferry::testing;

namespace {

const RowChange& change_of(const Result<Event>& event) {
    if (!event) FAIL(event.error().message);
    return std::get<RowChange>(event.value());
}

std::string types_of(const TableShape& shape) {
    std::string text;
    for (const SourceColumn& column : shape.table.columns) text += column.type.sql + " ";
    return text;
}

/// A record without schema whose key is its id.
struct Bare {
    std::string key, value;
    KafkaRecord view(const char* topic = "shop.public.item") const {
        KafkaRecord record;
        record.topic = topic;
        record.key = key;
        record.value = value;
        return record;
    }
};

Options flattened() {
    Options options;
    options.flattened = true;
    return options;
}

}  // namespace

TEST_CASE("source blocks of other connectors and of old versions are read") {
    EventReader reader(Options{});
    const Bare mysql{
        R"({"id":1})",
        R"({"before":{"id":1,"v":"old"},"after":{"id":1,"v":"new"},"source":{"version":"2.5.0.Final",)"
        R"("connector":"mysql","name":"m","ts_ms":1700000000123,"snapshot":"false","db":"shop",)"
        R"("sequence":null,"table":"item","server_id":1,"gtid":null,"file":"b.1","pos":4,"row":0,)"
        R"("thread":9,"query":null},"op":"u","ts_ms":1700000000456,"transaction":null})"};
    {
        const auto event = reader.read(mysql.view());
        const RowChange& change = change_of(event);
        CHECK(tell(event) == "u old {id=1 v=old} {id=1 v=new}");
        CHECK(change.shape->relation.qualified_name() == "shop.item");
        CHECK_FALSE(change.source.lsn);
        CHECK(change.source.time_us == 1'700'000'000'123'000);
        CHECK(change.time_us == 1'700'000'000'456'000);
    }
    const Bare sql_server{
        R"({"id":1})",
        R"({"before":null,"after":{"id":1,"v":"new"},"source":{"version":"1.9.7.Final","connector":"sqlserver",)"
        R"("name":"s","ts_ms":1,"snapshot":"last","db":"testDB","schema":"dbo","table":"item",)"
        R"("change_lsn":"00000027:00000758:0003","commit_lsn":"00000027:00000758:0005","event_serial_no":1},)"
        R"("op":"r","ts_ms":2})"};
    const auto event = reader.read(sql_server.view());
    CHECK(tell(event) == "r {id=1 v=new}");
    CHECK(change_of(event).source.snapshot == SnapshotMark::Last);
    const Bare oracle{
        R"({"ID":1})",
        R"({"before":null,"after":{"ID":1,"V":"__debezium_unavailable_value"},"source":{"connector":)"
        R"("oracle","ts_ms":1,"txId":"0600030099170000","scn":"12","lsn":null,"schema":"S",)"
        R"("table":"T"},"op":"u"})"};
    CHECK(tell(reader.read(oracle.view())) == "u {ID=1 V=(unchanged)}");
    const Bare first{
        R"({"id":1})",  // snapshot was a boolean
        R"({"before":null,"after":{"id":1},"source":{"version":"1.0.0.Final","connector":"postgresql",)"
        R"("ts_ms":5,"snapshot":true,"db":"d","schema":"s","table":"t","txId":555,"lsn":2,)"
        R"("xmin":null},"op":"r","ts_ms":6})"};
    CHECK(change_of(reader.read(first.view())).source.snapshot == SnapshotMark::Middle);
}

TEST_CASE("statements of the schema change topic are read") {
    EventReader reader(Options{});
    const std::string change =
        R"({"source":{"connector":"mysql","db":"shop","table":""},"ts_ms":1,"databaseName":"shop","schemaName":null,)"
        R"x("ddl":"CREATE TABLE t (id int)","tableChanges":[{"type":"CREATE","id":"\"shop\".\"t\""}]})x";
    CHECK(tell(reader, R"({"databaseName":"shop"})", change) == "schema of shop: CREATE TABLE t (id int)");
}

TEST_CASE("flattened rows say by added fields what they are, else by the topic's name") {
    EventReader reader(flattened());
    const std::string key = R"({"id":1})";
    CHECK(tell(reader, key, R"({"id":1,"v":"x"})") == "u {id=1 v=x}");
    CHECK(tell(reader, key, R"({"id":1,"v":"x","__op":"c","__source_lsn":77,"__deleted":"false"})") ==
          "c {id=1 v=x}");
    CHECK(tell(reader, key, R"({"id":1,"v":null,"__deleted":"true"})") == "d key {id=1 v=NULL}");
    CHECK(tell(reader, key, std::nullopt) == "d key {id=1 v=NULL}");
    const Bare routed{key,
                      R"({"id":1,"__table":"other","__schema":"far","__source_ts_ms":3,"__source_lsn":77})"};
    const auto event = reader.read(routed.view());
    CHECK(change_of(event).shape->relation.qualified_name() == "far.other");
    CHECK(change_of(event).source.lsn == Lsn{77});
    CHECK(change_of(event).source.time_us == 3000);
    CHECK(change_of(event).flattened);
    CHECK(change_of(reader.read(Bare{key, R"({"id":1})"}.view("a.b.c.d"))).shape->relation.qualified_name() ==
          "c.d");
    CHECK_THAT(tell(reader.read(Bare{key, R"({"id":1})"}.view("orders"))), CONTAINS_TEXT("of which table"));
    Options keeps = flattened();
    keeps.tombstone_after_delete = true;
    EventReader rewritten(keeps);
    CHECK(tell(rewritten, key, std::nullopt) == "tombstone");
    EventReader fresh(flattened());
    CHECK(tell(fresh, key, std::nullopt) == "d key {id=1}");
    CHECK(tell(fresh.read(Bare{R"({"serverName":"s"})", R"({"ts_ms":9})"}.view("__debezium-heartbeat.s"))) ==
          "heartbeat 9000");
    CHECK(tell(fresh.read(Bare{R"({"id":1})", R"({"id":1,"status":"BEGIN","x":1})"}.view(
              "s.public.transaction"))) == "u {id=1 status=BEGIN x=1}");
}

TEST_CASE("types that nobody knows are inferred, and only ever widen") {
    EventReader reader(Options{});
    const auto types = [&](const std::string& after) {
        const Bare record{R"({"id":1})", row("r", after)};
        const auto event = reader.read(record.view());
        const RowChange& change = change_of(event);
        CHECK(change.shape->has_inferred_types());
        return types_of(*change.shape) + fmt::to_string(change.shape->relation.version);
    };
    CHECK(types(R"({"id":1,"v":null})") == "bigint text 1");
    CHECK(types(R"({"id":1,"v":5})") == "bigint bigint 2");
    CHECK(types(R"({"id":1,"v":null})") == "bigint bigint 2");
    CHECK(types(R"({"id":1,"v":1.0E10})") == "bigint numeric 3");
    CHECK(types(R"({"id":1,"v":7})") == "bigint numeric 3");
    CHECK(types(R"({"id":1,"v":true})") == "bigint text 4");
    CHECK(types(R"({"id":1,"v":{"a":[1,null]}})") == "bigint text 4");
    CHECK(types(R"({"id":1,"v":"x","w":[1.50]})") == "bigint text jsonb 5");
    CHECK(types(R"({"id":1,"v":"x"})") == "bigint text 4");  // another partition is behind
    CHECK(types(R"({"id":1,"x":12345678901234567890})") == "bigint numeric 6");
    CHECK(types(R"({"id":1,"y":0.5})") == "bigint double precision 7");
    CHECK(tell(reader, R"({"id":1})", row("r", R"({"id":1,"v":{"a":[1.50,null],"é":"\n"}})")) ==
          R"(r {id=1 v={"a":[1.50,null],"é":"\n"}})");
}

TEST_CASE("a shape names its table the same in every run, and tells what is needed for planning") {
    const Bare record{R"({"b":"k","a":1})", row("r", R"({"a":1,"b":"k","c":true})")};
    EventReader first(Options{}), second(Options{});
    static_cast<void>(second.read(Bare{R"({"id":1})", row("c", R"({"id":1})")}.view()));
    const auto event = first.read(record.view());
    const auto again = second.read(record.view());
    const TableShape& shape = *change_of(event).shape;
    CHECK(shape.relation.id == change_of(again).shape->relation.id);
    CHECK(shape.relation.id != 0);
    CHECK(shape.key == std::vector<std::uint16_t>{1, 0});
    CHECK(shape.relation.identity == ReplicaIdentity::Default);
    CHECK(shape.table.qualified_name() == "public.item");
    CHECK(shape.table.columns[1].in_primary_key);
    CHECK(shape.table.columns[1].in_identity);
    CHECK_FALSE(shape.table.columns[2].in_primary_key);
    CHECK(shape.table.columns[2].type.oid == pg_types::boolean);
    CHECK(has_usable_identity(shape.table));
}

TEST_CASE("tables that share a topic and their columns keep apart") {
    EventReader reader(Options{});
    for (const char* table : {"one", "two", "one", "two"}) {
        const Bare record{R"({"id":1})",
                          R"({"before":null,"after":{"id":1},)" + source("public", table) + R"(,"op":"c"})"};
        CHECK(change_of(reader.read(record.view())).shape->relation.name == table);
    }
}

TEST_CASE("a value beyond its column's type is refused, whatever said which type that is") {
    const auto int2 = [](std::string_view, std::string_view) {
        KnownTable table;
        table.columns["v"].oid = pg_types::int2;
        table.columns["v"].sql = "smallint";
        return std::optional(table);
    };
    EventReader known(Options{}, int2);
    CHECK(tell(known, R"({"id":1})", row("c", R"({"id":1,"v":-32768})")) == "c {id=1 v=-32768}");
    CHECK(tell(known, R"({"id":1})", row("c", R"({"id":1,"v":32768})")) ==
          "refused: column v: '32768' is no value of type smallint as Debezium writes it");
    EventReader described(Options{});
    const auto with_schema = [](const char* value) {
        const std::string fields = R"("fields":[{"type":"int64","field":"id"},{"type":"int16","field":"v"}])";
        return R"({"schema":{"type":"struct","fields":[{"type":"struct",)" + fields +
               R"(,"field":"after"}]},"payload":)" + row("c", std::string(R"({"id":1,"v":)") + value + "}") +
               "}";
    };
    CHECK(tell(described, R"({"id":1})", with_schema("7")) == "c {id=1 v=7}");
    CHECK_THAT(tell(described, R"({"id":1})", with_schema("32768")),
               CONTAINS_TEXT("no value of type smallint"));
    CHECK(tell(described, R"({"id":1})", with_schema("8")) == "c {id=1 v=8}");
}

TEST_CASE("shapes follow what becomes known of a table") {
    bool known = false;
    EventReader reader(Options{}, [&](std::string_view, std::string_view) -> std::optional<KnownTable> {
        if (!known) return std::nullopt;
        KnownTable table;
        table.columns["v"].oid = pg_types::bytea;
        table.columns["v"].sql = "bytea";
        return table;
    });
    const Bare record{R"({"id":1})", row("c", R"({"id":1,"v":"AP8="})")};
    CHECK(tell(reader.read(record.view())) == "c {id=1 v=AP8=}");
    known = true;
    CHECK(tell(reader.read(record.view())) == "c {id=1 v=AP8=}");
    reader.forget_shapes();
    CHECK(tell(reader.read(record.view())) == R"(c {id=1 v=\x00ff})");
}

TEST_CASE("records that can't be read are refused alone, with what is wrong") {
    EventReader reader(Options{});
    const std::string key = R"({"id":1})";
    const std::string good = row("c", R"({"id":1,"v":"x"})");
    const std::pair<std::string, const char*> bad[] = {
        {"", "malformed"},
        {"not json", "malformed"},
        {"5", "malformed"},
        {"[1]", "malformed"},
        {good.substr(0, good.size() - 1), "malformed"},
        {good + "}", "malformed"},
        {good + good, "malformed"},
        {"{}", "no op in it"},
        {R"({"id":1,"v":"x"})", "no op in it"},
        {R"({"op":"x"})", "unknown op 'x'"},
        {R"({"op":"c","after":{"id":1}})", "does not say of which table"},
        {row("c", "null"), "without the row"},
        {row("c", "5"), "malformed"},
        {row("c", R"({"id":1,"v":"\ud800"})"), "malformed"},
        {row("c", R"({"id":1,"v":"\u0000"})"), "none that PostgreSQL has a text for"},
        {row("c", R"({"id":1,"v":01})"), "malformed"},
        {row("c", R"({"id":1,"v":tru})"), "malformed"},
        {row("c", R"({"id":1,"id":1,"v":"x"})"), "twice"},
        {row("c", R"({"id":1,"id":1})"), "twice"},
        {row("c", R"({"v":"x"})"), "which its row has not"},
        {row("c", "{\"id\":1,\"v\":\"\xff\"}"), "malformed"},
        {row("c", R"({"id":1,"v":)" + std::string(100, '[') + std::string(100, ']') + "}"), "malformed"},
        {R"({"schema":{"type":"struct","fields":[]},"payload":)" + good + "}", "it has no row"},
        {R"({"schema":{"type":"what"},"payload":)" + good + "}", "unknown type 'what'"},
        {R"({"schema":{},"payload":)" + good + "}", "unknown type"},
    };
    for (const auto& [value, what] : bad) {
        CAPTURE(value);
        CHECK_THAT(tell(reader, key, value), CONTAINS_TEXT(what));
        CHECK(tell(reader, key, good) == "c {id=1 v=x}");
    }
    for (const char* bad_key : {"5", "[]", "{", R"({"id":1}{})", "{}", R"({"other":1})"}) {
        CAPTURE(bad_key);
        CHECK_THAT(tell(reader, bad_key, good), CONTAINS_TEXT("refused: "));
        CHECK(tell(reader, key, good) == "c {id=1 v=x}");
    }
    CHECK(tell(reader, R"({"__dbz__physicalTableIdentifier":"a.b","id":1})", good) == "c {id=1 v=x}");
    CHECK(tell(reader, R"({"schema":null,"payload":{"id":1}})",
               R"({"schema":null,"payload":)" + good + "}") == "c {id=1 v=x}");
    CHECK(tell(reader, "null", good) == "c {id=1 v=x}");
    CHECK(tell(reader, key, "null") == "tombstone");
}

TEST_CASE("settings of the connector are read by Debezium's names, and others are refused") {
    const auto options = read_options({{"decimal.handling.mode", "string"},
                                       {"time.precision.mode", "connect"},
                                       {"binary.handling.mode", "base64-url-safe"},
                                       {"hstore.handling.mode", "map"},
                                       {"interval.handling.mode", "string"},
                                       {"delete.tombstone.handling.mode", "rewrite-with-tombstone"},
                                       {"unavailable.value.placeholder", "hex:2a2A"}});
    REQUIRE(options);
    CHECK(options.value().decimal == DecimalMode::String);
    CHECK(options.value().time == TimeMode::Connect);
    CHECK(options.value().binary == BinaryMode::Base64UrlSafe);
    CHECK(options.value().tombstone_after_delete);
    CHECK(options.value().placeholder == "**");
    const auto message = [](const std::string& name, const std::string& value) {
        const auto refused = read_options({{name, value}});
        REQUIRE(refused.has_error());
        CHECK(refused.error().kind == ErrorKind::Configuration);
        return refused.error().message;
    };
    CHECK(
        message("decimal.handling.mode", "exact") ==
        R"(options: decimal.handling.mode: "exact" is none of its values, allowed: precise, double, string)");
    CHECK_THAT(message("time.precision.mod", "connect"), CONTAINS_TEXT("allowed: binary.handling.mode"));
    CHECK_THAT(message("unavailable.value.placeholder", "hex:2"), CONTAINS_TEXT("hexadecimal digits"));
}
