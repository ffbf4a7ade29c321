#include "publish/table_encoder.h"

#include <atomic>
#include <cstdlib>
#include <new>
#include <nlohmann/json.hpp>

#include "model/name_uuid.h"
#include "model/pg_types.h"
#include "tests/publish/made_columns.h"
#include "tests/support/catch.h"

namespace {

std::atomic<std::size_t> allocations = 0;

}  // namespace

// Counts what the whole test program allocates.
void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace walferry::publish {
namespace {

using Json = nlohmann::json;

PublishedColumn named(const std::string& name, PublishedColumn column, bool not_null = false) {
    column.name = name;
    column.not_null = not_null;
    return column;
}

/// (id int primary key, name text, price numeric not null)
PublishedTable item_table() {
    PublishedTable table;
    table.name = {"public", "item"};
    table.columns = {named("id", column_of(pg_types::int4), true), named("name", column_of(pg_types::text)),
                     named("price", column_of(pg_types::numeric), true)};
    table.key = {0};
    table.in_identity = {true, false, false};
    return table;
}

EnvelopeSettings shop() {
    EnvelopeSettings settings;
    settings.topic_prefix = "shop";
    settings.database = "db";
    return settings;
}

const ColumnValue null{};
const ColumnValue unchanged{ValueKind::UnchangedToast, {}};
ColumnValue text(std::string_view bytes) {
    return {ValueKind::Text, bytes};
}
using Row = std::vector<ColumnValue>;

class OneSchemaId final : public SchemaRegistrar {
    Result<std::int32_t> id_of(const std::string&, const std::string&) override { return 1; }
};

struct Bench {
    explicit Bench(PublishedTable table = item_table(), const EnvelopeSettings& settings = shop())
        : encoder(std::move(table), settings) {}

    Status put(ChangeKind kind, std::optional<Row> before, const Row& after, bool full = false) {
        ChangeEvent change;
        change.kind = kind;
        if (before) change.before = *before;
        change.before_is_full = full;
        change.after = after;
        EventSource source;
        source.transaction_id = 7;
        source.lsn = source.sequence_lsn = Lsn{99};
        return encoder.append_change(change, source, nullptr, batch);
    }
    Json value(std::size_t place) const { return Json::parse(batch[place].value.value()); }

    TableEncoder encoder;
    RecordBatch batch;
};

}  // namespace

TEST_CASE("a key update is a delete, a tombstone and an insert, which name each other's key") {
    for (const bool schemas : {false, true}) {
        EnvelopeSettings settings = shop();
        settings.schemas = schemas;
        Bench bench(item_table(), settings);
        const Row before{text("1"), null, null};
        REQUIRE(bench.put(ChangeKind::Update, before, {text("2"), unchanged, text("1.5")}).has_value());
        REQUIRE(bench.batch.size() == 3);
        const auto payload = [&](const Json& document) { return schemas ? document["payload"] : document; };
        CHECK(payload(bench.value(0))["op"] == "d");
        CHECK(payload(bench.value(0))["before"]["id"] == 1);
        CHECK(payload(Json::parse(bench.batch[0].key.value())) == Json{{"id", 1}});
        CHECK(bench.batch[1].key == bench.batch[0].key);
        CHECK_FALSE(bench.batch[1].value.has_value());
        for (const std::size_t place : {0, 1}) {
            CHECK(bench.batch[place].key_header == "__debezium.newkey");
            CHECK(bench.batch[place].other_key == R"({"id":2})");
            CHECK(bench.batch[place].has_context);
        }
        CHECK(payload(bench.value(2))["op"] == "c");
        CHECK(payload(bench.value(2))["after"]["name"] == "__debezium_unavailable_value");
        CHECK(bench.batch[2].key_header == "__debezium.oldkey");
        CHECK(bench.batch[2].other_key == R"({"id":1})");
    }
}

TEST_CASE("deletes have tombstones where they are wanted, and without key a record of nulls") {
    Bench with_key;
    REQUIRE(with_key.put(ChangeKind::Delete, Row{text("1"), null, null}, {}).has_value());
    CHECK(with_key.batch.size() == 2);
    EnvelopeSettings without = shop();
    without.tombstones = false;
    Bench without_tombstones(item_table(), without);
    REQUIRE(without_tombstones.put(ChangeKind::Delete, Row{text("1"), null, null}, {}).has_value());
    CHECK(without_tombstones.batch.size() == 1);
    PublishedTable keyless = item_table();
    keyless.key.clear();
    Bench without_key(keyless);
    REQUIRE(without_key.put(ChangeKind::Delete, Row{text("1"), text("a"), text("1")}, {}, true).has_value());
    REQUIRE(without_key.batch.size() == 2);
    CHECK_FALSE(without_key.batch[0].key.has_value());
    CHECK_FALSE(without_key.batch[1].key.has_value());
    CHECK_FALSE(without_key.batch[1].value.has_value());
}

TEST_CASE("an unchanged value comes from the old row where that has it") {
    Bench bench;
    const Row before{text("1"), text("long"), text("2.5")};
    REQUIRE(bench.put(ChangeKind::Update, before, {text("1"), unchanged, unchanged}, true).has_value());
    CHECK(bench.value(0)["op"] == "u");
    CHECK(bench.value(0)["after"] ==
          Json::parse(R"({"id":1,"name":"long","price":{"scale":1,"value":"GQ=="}})"));
    REQUIRE(bench.put(ChangeKind::Update, {}, {text("1"), unchanged, unchanged}).has_value());
    CHECK(bench.value(1)["after"] ==
          Json::parse(R"({"id":1,"name":"__debezium_unavailable_value","price":null})"));
}

TEST_CASE("placeholders have the form of their type and mode") {
    CHECK(name_uuid("__debezium_unavailable_value") == "b68a35a7-17ad-35b3-af2a-ae46edb4545a");
    const auto placeholder = [](const PublishedColumn& column, ValueOptions options = {}) {
        options.unavailable = "_x";
        return plan_row({{"s", "t"}, {column}, {}, {false}}, "p", options).fields[0].placeholder_json;
    };
    CHECK(placeholder(column_of(pg_types::text)) == R"("_x")");
    CHECK(placeholder(column_of(pg_types::bytea)) == R"("X3g=")");
    CHECK(placeholder(array_of(pg_types::varchar)) == R"(["_x"])");
    CHECK(placeholder(array_of(pg_types::bytea)) == R"(["X3g="])");
    CHECK(placeholder(array_of(pg_types::int8)) == "[95,120]");
    CHECK(placeholder(array_of(pg_types::int2)) == "null");
    CHECK(placeholder(column_of(pg_types::numeric)) == "null");
    CHECK(placeholder(array_of(pg_types::uuid)).size() == 40);
    PublishedColumn hstore = column_of(99999);
    hstore.type.name = "hstore";
    CHECK(placeholder(hstore) == R"("{\"_x\":\"_x\"}")");
    ValueOptions options;
    options.hstore = HstoreMode::Map;
    options.binary = BinaryMode::Hex;
    options.decimal = DecimalMode::String;
    CHECK(placeholder(hstore, options) == R"({"_x":"_x"})");
    CHECK(placeholder(column_of(pg_types::bytea), options) == R"("_x")");
    CHECK(placeholder(column_of(pg_types::numeric), options) == R"("_x")");
    options.binary = BinaryMode::Base64;
    options.decimal = DecimalMode::Double;
    CHECK(placeholder(column_of(pg_types::bytea), options) == "null");
    CHECK(placeholder(column_of(pg_types::numeric), options) == "null");
    options.fidelity = Fidelity::Exact;
    CHECK(placeholder(column_of(pg_types::numeric), options) == R"("_x")");
    CHECK(placeholder(array_of(pg_types::int2), options) == R"("_x")");
}

TEST_CASE("what can't be written is refused, names the column, and leaves nothing behind") {
    EnvelopeSettings settings = shop();
    settings.schemas = true;
    Bench bench(item_table(), settings);
    REQUIRE(bench.put(ChangeKind::Insert, {}, {text("1"), null, text("1")}).has_value());
    const std::size_t bytes = bench.batch.byte_count();
    // A NaN that becomes null, and an unchanged numeric, where the schema says never null.
    for (const ColumnValue& price : {text("NaN"), unchanged, null, text("1,5")}) {
        const Status status = bench.put(ChangeKind::Update, {}, {text("1"), null, price});
        REQUIRE_FALSE(status.has_value());
        CHECK(status.error().kind == ErrorKind::Data);
        CHECK(status.error().message.starts_with("public.item: column price: "));
        CHECK(bench.batch.size() == 1);
        CHECK(bench.batch.byte_count() == bytes);
    }
    CHECK(bench.put(ChangeKind::Insert, {}, {}).error().kind == ErrorKind::Schema);
    CHECK(bench.put(ChangeKind::Delete, Row{}, {}).error().kind == ErrorKind::Schema);
    Bench without_schemas;
    REQUIRE(without_schemas.put(ChangeKind::Insert, {}, {text("1"), null, text("NaN")}).has_value());
    CHECK(without_schemas.value(0)["after"]["price"].is_null());
    CHECK(without_schemas.encoder.lost_values() == 1);
}

TEST_CASE("no two rows get one key") {
    PublishedTable table = item_table();
    table.columns[0] = named("id", column_of(pg_types::numeric), true);
    table.columns[1] = named("name", column_of(pg_types::text), true);
    table.key = {1, 0};
    Bench bench(table);
    REQUIRE(bench.put(ChangeKind::Insert, {}, {text("1"), text("a"), text("1")}).has_value());
    CHECK(bench.batch[0].key == R"({"name":"a","id":{"scale":0,"value":"AQ=="}})");
    CHECK_FALSE(bench.put(ChangeKind::Insert, {}, {text("NaN"), text("a"), text("1")}).has_value());
    CHECK_FALSE(bench.put(ChangeKind::Update, {}, {text("1"), unchanged, text("1")}).has_value());
    CHECK(bench.batch.size() == 1);
}

TEST_CASE("an event that is refused is not counted, and BEGIN comes with the first that is made") {
    PublishedTable table = item_table();
    table.columns[1].type.oid = pg_types::int4;
    TableEncoder encoder(table, shop());
    TransactionRecords transactions(shop());
    RecordBatch batch;
    EventSource source;
    source.transaction_id = 7;
    const auto update = [&](std::string_view name) {
        const Row before{text("1"), null, null};
        const Row after{text("2"), text(name), text("1")};
        ChangeEvent change;
        change.kind = ChangeKind::Update;
        change.before = before;
        change.after = after;
        return encoder.append_change(change, source, &transactions, batch).has_value();
    };
    CHECK_FALSE(update("x"));
    transactions.end(source, batch);
    CHECK(batch.size() == 0);
    CHECK_FALSE(update("x"));
    CHECK(update("1"));
    CHECK_FALSE(update("x"));
    transactions.end(source, batch);
    REQUIRE(batch.size() == 5);  // BEGIN, d, its tombstone, c, END
    CHECK(batch[0].topic == "shop.transaction");
    const Json end = Json::parse(batch[4].value.value());
    CHECK(end["event_count"] == 2);
    CHECK(end["data_collections"].dump() == R"([{"data_collection":"public.item","event_count":2}])");
}

TEST_CASE("exact fidelity invents nothing: defaults and fillers are left out, the key alone is required") {
    EnvelopeSettings settings = shop();
    settings.schemas = true;
    settings.values.fidelity = Fidelity::Exact;
    PublishedTable table = item_table();
    table.columns[1].default_expression = "'x'::text";
    Bench bench(table, settings);
    REQUIRE(bench.put(ChangeKind::Delete, Row{text("1"), null, null}, {}).has_value());
    CHECK(bench.value(0)["payload"]["before"] == Json::parse(R"({"id":1,"name":null,"price":null})"));
    const Json fields = bench.value(0)["schema"]["fields"][0]["fields"];
    CHECK(fields[0] == Json::parse(R"({"type":"int32","optional":false,"field":"id"})"));
    CHECK(fields[1] == Json::parse(R"({"type":"string","optional":true,"field":"name"})"));
    CHECK(fields[2] ==
          Json::parse(R"({"type":"string","optional":true,"name":"io.walferry.Text","version":1,)"
                      R"("field":"price"})"));
}

TEST_CASE("in the steady state no event allocates") {
    PublishedTable table = item_table();
    for (const std::uint32_t oid :
         {pg_types::bytea, pg_types::timestamptz, pg_types::date, pg_types::jsonb, pg_types::boolean,
          pg_types::float8, pg_types::timetz, std::uint32_t{1562}}) {
        table.columns.push_back(named("c" + std::to_string(oid), column_of(oid)));
        table.in_identity.push_back(false);
    }
    table.columns.push_back(named("texts", array_of(pg_types::text)));
    table.in_identity.push_back(false);
    OneSchemaId ids;
    EnvelopeSettings settings = shop();
    settings.format = GENERATE(RecordFormat::Json, RecordFormat::Avro);
    settings.registrar = &ids;
    TableEncoder encoder(table, settings);
    TransactionRecords transactions(settings);
    REQUIRE(transactions.prepare().has_value());
    RecordBatch batch;
    const Row row{text("1"),
                  text("na\"me"),
                  text("12345678901234567890.5"),
                  text("\\x00ff"),
                  text("2024-02-29 07:04:56+00"),
                  text("2024-02-29"),
                  text("{\"a\": 1}"),
                  text("t"),
                  text("1.5"),
                  text("12:00:00+05:30"),
                  text("10110"),
                  text("{a,\"b c\",NULL}")};
    const auto events = [&] {
        batch.clear();
        for (int i = 0; i < 100; ++i) {
            ChangeEvent change;
            change.kind = ChangeKind::Update;
            change.after = row;
            EventSource source;
            source.transaction_id = 7;
            source.lsn = source.sequence_lsn = source.previous_commit = Lsn{99};
            if (!encoder.append_change(change, source, &transactions, batch)) return false;
            if (i % 10 == 9) transactions.end(source, batch);
        }
        return true;
    };
    REQUIRE(events());
    const std::size_t before = allocations;
    const bool done = events();
    const std::size_t after = allocations;
    CHECK(done);
    CHECK(after == before);
}

TEST_CASE("a copied row is cut into values, and a broken one is refused") {
    const std::vector<bool> as_text{true, false, true};
    std::vector<ColumnValue> row;
    const std::string whole("\0\0\0\1a\xff\xff\xff\xff\0\0\0\0", 13);
    REQUIRE(split_copied_row(whole, as_text, row).has_value());
    REQUIRE(row.size() == 3);
    CHECK(row[0].bytes == "a");
    CHECK(row[1].kind == ValueKind::Null);
    CHECK(row[2].kind == ValueKind::Text);
    for (std::size_t length = 0; length < whole.size(); ++length)
        CHECK_FALSE(split_copied_row(std::string_view(whole).substr(0, length), as_text, row).has_value());
    CHECK_FALSE(split_copied_row(whole + std::string(4, '\0'), as_text, row).has_value());
}

}  // namespace walferry::publish
