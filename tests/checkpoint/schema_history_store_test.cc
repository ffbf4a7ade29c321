#include "checkpoint/schema_history_store.h"

#include "checkpoint/shape_json.h"
#include "tests/support/catch.h"
#include "tests/support/pg_cluster.h"
#include "tests/warehouse/duckdb_session.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace walferry {

namespace {

TableShape shape_of(RelationId id, const std::string& column) {
    TableShape shape;
    shape.table.id = id;
    shape.table.schema = "it's";
    shape.table.name = "a \"table\"";
    shape.table.first_schema = "public";
    shape.table.first_name = "before";
    shape.table.kind = 'p';
    shape.table.identity = ReplicaIdentity::Full;
    shape.table.row_filter = "(v > 'x')";
    SourceColumn kept;
    kept.name = column;
    kept.attnum = 1;
    kept.declared_type_oid = 4'000'000'000u;
    kept.type = {1231,      "pg_catalog", "_numeric",      -1,    "numeric(10,2)[]", 'b', 1700,
                 "numeric", 'b',          "numeric(10,2)", 655366};
    kept.not_null = kept.in_primary_key = kept.in_identity = true;
    SourceColumn dropped;
    dropped.name = "gone";
    dropped.attnum = 2;
    dropped.dropped = true;
    dropped.target_type = "VARCHAR";
    shape.table.columns = {kept, dropped};
    shape.storage.leaves = {{4'000'000'001u, {4'000'000'002u, true}}, {7, {8, false}}};
    shape.storage.marks = {{1, 4'000'000'003u}};
    shape.storage.last_attnum = 5;
    return shape;
}

struct Histories {
    explicit Histories(WarehouseKind kind) {
        if (kind == WarehouseKind::DuckDb) {
            file = std::make_unique<OpenFile>();
            session = must(file->warehouse->connect());
        } else {
            static testing::PgCluster cluster;
            cluster.exec("SET client_min_messages = error; DROP SCHEMA IF EXISTS walferry CASCADE");
            warehouse = make_postgres_warehouse({cluster.conninfo(), false, "p"});
            session = must(warehouse->connect());
        }
        control = {kind, session->catalog(), "walferry", "p"};
    }

    std::unique_ptr<OpenFile> file;
    std::unique_ptr<Warehouse> warehouse;
    std::unique_ptr<WarehouseSession> session;
    ControlSchema control;
};

}  // namespace

TEST_CASE("a shape is read from schema_history as it was written, the last version of each table") {
    const WarehouseKind kind = GENERATE(WarehouseKind::DuckDb, WarehouseKind::Postgres);
    Histories histories(kind);
    const SchemaHistoryStore store(histories.control);
    WarehouseSession& session = *histories.session;
    CHECK(must(store.last_shapes(session)).empty());  // an older build's control tables lack it
    must(create_control_schema(session, histories.control));
    CHECK(must(store.last_shapes(session)).empty());
    CHECK_FALSE(must(store.last_shape(session, 7)).has_value());

    must(store.append(session, {{shape_of(7, "old"), Lsn{100}, 0, "[\"it's made\"]"},
                                {shape_of(4'000'000'000u, "other"), Lsn{100}, 0, "[]"}}));
    must(store.append(session, {{shape_of(7, "new"), Lsn{200}, 3, "[]"}}));
    ControlSchema other = histories.control;
    other.pipeline = "q";
    must(SchemaHistoryStore(other).append(session, {{shape_of(7, "of q"), Lsn{300}, 0, "[]"}}));

    const auto shapes = must(store.last_shapes(session));
    REQUIRE(shapes.size() == 2);
    CHECK(shapes.at(4'000'000'000u).table.columns[0].name == "other");
    const TableShape expected = shape_of(7, "new");
    const TableShape found = must(store.last_shape(session, 7)).value();
    CHECK(write_shape(found) == write_shape(expected));
    CHECK(found.table.columns == expected.table.columns);
    CHECK(found.storage == expected.storage);
    CHECK(found.table.first_name == "before");
    CHECK(one(session,
              "SELECT count(*) FROM walferry.schema_history WHERE pipeline = 'p' AND relation_id = 7 AND "
              "version "
              "IN (1, 2)") == "2");

    must(drop_control_rows(session, histories.control));
    CHECK(must(store.last_shapes(session)).empty());
}

TEST_CASE("text in schema_history that is no shape is an error with a way out") {
    for (const char* text : {"", "[]", "{\"id\": 1}", "{\"id\": \"x\"}"}) {
        INFO(text);
        const auto shape = read_shape(text);
        REQUIRE(shape.has_error());
        CHECK(shape.error().kind == ErrorKind::Schema);
        CHECK_FALSE(shape.error().way_out.empty());
    }
}

}  // namespace walferry
