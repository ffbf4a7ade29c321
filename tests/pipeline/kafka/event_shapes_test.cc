#include "pipeline/kafka/event_shapes.h"

#include <fmt/format.h>

#include "apply/schema/shape_change.h"
#include "capture/debezium/built_in_types.h"
#include "model/pg_types.h"
#include "tests/support/catch.h"
#include "tests/support/must.h"

using namespace walferry;
using namespace walferry::testing;
using debezium::built_in_type;
using debezium::numeric_modifier;
using EventShape = debezium::TableShape;

namespace {

struct ShapeColumn {
    std::string name;
    SourceType type = built_in_type(pg_types::text);
    bool key = false;
    bool unseen = false;
};

const SourceType int2 = built_in_type(pg_types::int2), int4 = built_in_type(pg_types::int4),
                 int8 = built_in_type(pg_types::int8), text = built_in_type(pg_types::text),
                 numeric = built_in_type(pg_types::numeric), float4 = built_in_type(pg_types::float4),
                 float8 = built_in_type(pg_types::float8);

SourceType numeric_of(int precision, int scale) {
    return built_in_type(pg_types::numeric, numeric_modifier(precision, scale));
}
SourceType varchar(int length) {
    SourceType type;
    type.oid = pg_types::varchar;
    type.modifier = length + 4;
    type.sql = fmt::format("character varying({})", length);
    return type;
}

std::unique_ptr<EventShape> shape_of(const std::vector<ShapeColumn>& columns,
                                     const std::string& name = "item", RelationId id = 7) {
    auto shape = std::make_unique<EventShape>();
    shape->table.id = shape->relation.id = id;
    shape->table.schema = shape->relation.schema = "public";
    shape->table.name = shape->relation.name = name;
    for (const ShapeColumn& each : columns) {
        SourceColumn column;
        column.name = each.name;
        column.type = each.type;
        column.attnum = static_cast<std::int16_t>(shape->table.columns.size() + 1);
        column.declared_type_oid = each.type.oid;
        column.in_primary_key = column.in_identity = column.not_null = each.key;
        shape->table.columns.push_back(column);
        debezium::ColumnForm form;
        if (each.unseen) form.form = debezium::Form::Inferred;
        form.type = each.type;
        shape->forms.push_back(form);
    }
    shape->relation = relation_of(shape->table);
    return shape;
}

/// `name:type …` of the relation's columns, as the table is then.
std::string told(const EventShapes& shapes, const EventShapes::Mapping& mapping) {
    std::string line;
    for (const SourceColumn& column : shapes.table_of(*mapping.relation).columns)
        line += (line.empty() ? "" : " ") + column.name + ":" + column.type.sql;
    return line;
}

using Places = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("a table has all columns that any of its events had, in the order in which they came") {
    EventShapes shapes;
    const auto old = shape_of({{"id", int4, true}, {"note"}});
    const auto grown = shape_of({{"id", int4, true}, {"n", int4}, {"note"}});
    const auto* first = must(shapes.map(*old));
    CHECK(told(shapes, *first) == "id:integer note:text");
    CHECK(first->columns == Places{0, 1});
    const std::uint64_t version = first->relation->version;
    const Relation& relation_before = *first->relation;

    const auto* second = must(shapes.map(*grown));
    CHECK(told(shapes, *second) == "id:integer note:text n:integer");
    CHECK(second->columns == Places{0, 2, 1});
    CHECK(second->relation->version > version);
    // A partition that is behind still sends the old ones.
    const auto* third = must(shapes.map(*old));
    CHECK(third->relation == second->relation);
    CHECK(third->columns == Places{0, 1, -1});
    CHECK(must(shapes.map(*old)) == third);
    // What was handed out holds.
    CHECK(relation_before.columns.size() == 2);
    CHECK(shapes.table_of(relation_before).columns.size() == 2);
    CHECK(shapes.find("public", "item")->columns.size() == 3);
    CHECK_FALSE(shapes.find("public", "other"));
    CHECK(shapes.find("public", "item")->from_kafka);
}

TEST_CASE("shapes of several tables do not mix") {
    EventShapes shapes;
    const auto item = shape_of({{"id", int4, true}, {"a"}});
    const auto order = shape_of({{"no", int8, true}, {"b"}}, "order", 8);
    const auto wider = shape_of({{"id", int4, true}, {"a"}, {"c"}});
    for (const auto* shape : {item.get(), order.get(), item.get(), wider.get(), order.get()}) {
        const auto* mapping = must(shapes.map(*shape));
        CHECK(mapping->relation->id == shape->relation.id);
    }
    CHECK(told(shapes, *must(shapes.map(*order))) == "no:bigint b:text");
    CHECK(told(shapes, *must(shapes.map(*item))) == "id:integer a:text c:text");
}

TEST_CASE("a column becomes wider where that holds all values of both, and never narrower") {
    CHECK(wider_type(int4, int8) == int8);
    CHECK(wider_type(int8, int4) == int8);
    CHECK(wider_type(int2, int4) == int4);
    CHECK(wider_type(int8, numeric) == numeric);
    CHECK(wider_type(numeric, int8) == numeric);
    CHECK(wider_type(float4, float8) == float8);
    CHECK(wider_type(float8, float4) == float8);
    CHECK(wider_type(numeric_of(10, 2), numeric_of(12, 2)) == numeric_of(12, 2));
    CHECK(wider_type(numeric_of(10, 2), numeric_of(10, 4)) == numeric_of(10, 2));  // fewer digits before
    CHECK(wider_type(numeric_of(10, 2), numeric_of(12, 4)) == numeric_of(12, 4));
    CHECK(wider_type(numeric_of(10, 2), numeric) == numeric);
    CHECK(wider_type(varchar(10), varchar(20)) == varchar(20));
    CHECK(wider_type(varchar(20), varchar(10)) == varchar(20));
    CHECK(wider_type(varchar(20), text) == text);
    CHECK(wider_type(text, varchar(20)) == text);
    CHECK(wider_type(text, int8) == text);
    CHECK(wider_type(int8, text) == int8);

    EventShapes shapes;
    const auto narrow = shape_of({{"id", int4, true}, {"n", int4}});
    const auto wide = shape_of({{"id", int4, true}, {"n", int8}});
    must(shapes.map(*narrow));
    CHECK(told(shapes, *must(shapes.map(*wide))) == "id:integer n:bigint");
    CHECK(told(shapes, *must(shapes.map(*narrow))) == "id:integer n:bigint");
}

TEST_CASE("an event with another key is not one of its table") {
    EventShapes shapes;
    const auto item = shape_of({{"id", int4, true}, {"a"}});
    must(shapes.map(*item));
    for (const auto& other : {shape_of({{"id", int4}, {"a", text, true}}), shape_of({{"id", int4}, {"a"}}),
                              shape_of({{"id", int4, true}, {"a", text, true}})}) {
        const auto mapped = shapes.map(*other);
        REQUIRE_FALSE(mapped);
        CHECK(mapped.error().kind == ErrorKind::Data);
    }
    const auto* after = must(shapes.map(*item));
    CHECK(told(shapes, *after) == "id:integer a:text");
}

TEST_CASE("a column that was nothing but null is none until it is something") {
    EventShapes shapes;
    const auto unseen = shape_of({{"id", int4, true}, {"later", text, false, true}, {"b"}});
    const auto seen = shape_of({{"id", int4, true}, {"later", int8}, {"b"}});
    const auto* first = must(shapes.map(*unseen));
    CHECK(told(shapes, *first) == "id:integer b:text");
    CHECK(first->columns == Places{0, 2});
    CHECK(told(shapes, *must(shapes.map(*seen))) == "id:integer b:text later:bigint");
    CHECK(must(shapes.map(*unseen))->columns == Places{0, 2, 1});
}

TEST_CASE("a truncate may be the first that is seen of a table") {
    EventShapes shapes;
    const auto nothing = shape_of({});
    const auto* truncate = must(shapes.map(*nothing));
    CHECK(truncate->relation->columns.empty());
    const auto item = shape_of({{"id", int4, true}, {"a"}});
    CHECK(told(shapes, *must(shapes.map(*item))) == "id:integer a:text");
    CHECK(must(shapes.map(*nothing))->columns == Places{-1, -1});
}

TEST_CASE("what an earlier session knew goes on growing") {
    EventShapes shapes;
    SourceTable known = shape_of({{"id", int4, true}, {"a"}, {"gone"}})->table;
    shapes.restore(known);
    CHECK(shapes.find("public", "item")->columns.size() == 3);
    const auto item = shape_of({{"a"}, {"id", int4, true}, {"n", int8}});
    const auto* mapping = must(shapes.map(*item));
    CHECK(told(shapes, *mapping) == "id:integer a:text gone:text n:bigint");
    CHECK(mapping->columns == Places{1, 0, -1, 2});
    shapes.restore(known);  // too late
    CHECK(shapes.find("public", "item")->columns.size() == 4);
}
