#include "apply/schema/shape_change.h"

#include "tests/apply/schema/shapes.h"
#include "tests/support/catch.h"

namespace walferry::testing {

namespace {

using Columns = std::vector<SourceColumn>;
using Kind = ColumnChange::Kind;

const SourceColumn id_column = source_column("id", 1, int4_type, true);
const SourceColumn a = source_column("a", 2, text_sql_type);
const SourceColumn b = source_column("b", 3, text_sql_type);
const SourceColumn c = source_column("c", 4, text_sql_type);

SourceColumn text_at(const std::string& name, std::int16_t attnum) {
    return source_column(name, attnum, text_sql_type);
}

ShapeChange compare(const Relation& relation, const TableEvidence* evidence,
                    const TableShape& known = known_table(), bool keeps_dropped = true) {
    StreamTypes types;
    for (const StreamType& type : unknown_types(known.table, relation)) {
        if (type.oid == pg_types::int8) types[type] = int8_type;
        if (type.oid == pg_types::text) types[type] = text_sql_type;
        if (type.oid == pg_types::varchar)
            types[type] = scalar(pg_types::varchar, "character varying(20)", type.modifier);
    }
    return compare_shapes(known, relation, evidence, types, keeps_dropped);
}

/// The stream and a catalog that is no further.
ShapeChange compare(const Columns& columns) {
    const TableEvidence evidence = catalog_of(columns, known_table().storage);
    return compare(sent(columns), &evidence);
}

/// `name` of a live column, `-name` of a dropped one, with the known column that it goes on.
std::string shown(const ShapeChange& change) {
    const TableShape known = known_table();
    std::string text;
    for (std::size_t i = 0; i < change.shape.columns.size(); ++i) {
        const SourceColumn& column = change.shape.columns[i];
        if (!text.empty()) text += ' ';
        text += (column.dropped ? "-" : "") + column.name;
        if (!change.origin[i]) text += "<new";
        if (change.origin[i] && known.table.columns[*change.origin[i]].name != column.name)
            text += "<" + known.table.columns[*change.origin[i]].name;
    }
    return text;
}

}  // namespace

TEST_CASE("a relation like the shape fits it, and whatever differs in it does not") {
    const SourceTable known = known_table().table;
    CHECK(fits(known, sent({id_column, a, b, c})));
    CHECK_FALSE(fits(known, sent({id_column, a, b})));
    CHECK_FALSE(fits(known, sent({id_column, a, b, text_at("d", 4)})));
    Relation relation = sent({id_column, a, b, c});
    relation.columns[1].type_oid = pg_types::int4;
    CHECK_FALSE(fits(known, relation));
    relation = sent({id_column, a, b, c});
    relation.columns[1].type_modifier = 24;
    CHECK_FALSE(fits(known, relation));
    relation = sent({id_column, a, b, c});
    relation.columns[1].key = true;
    CHECK_FALSE(fits(known, relation));
    relation = sent({id_column, a, b, c});
    relation.identity = ReplicaIdentity::Full;
    CHECK_FALSE(fits(known, relation));
    relation = sent({id_column, a, b, c});
    relation.name = "u";
    CHECK_FALSE(fits(known, relation));
}

TEST_CASE("a relation whose identity became NOTHING still fits, since its inserts can be applied") {
    Relation relation = sent({id_column, a, b, c});
    relation.identity = ReplicaIdentity::Nothing;
    for (Column& column : relation.columns) column.key = false;
    CHECK(fits(known_table().table, relation));
}

TEST_CASE("a column that is dropped stays in the shape, is not sent, and the shape fits the stream") {
    const ShapeChange change = compare(Columns{id_column, a, c});
    CHECK(shown(change) == "id a -b c");
    REQUIRE(change.columns.size() == 1);
    CHECK(change.columns[0].kind == Kind::Dropped);
    CHECK(change.copy_reason.empty());
    CHECK(fits(change.shape, sent({id_column, a, c})));
    CHECK_FALSE(change.identity_changed);
}

TEST_CASE("a column that is dropped leaves the shape where dropped ones are not kept") {
    const Columns columns{id_column, a, c};
    const TableEvidence evidence = catalog_of(columns, known_table().storage);
    CHECK(shown(compare(sent(columns), &evidence, known_table(), false)) == "id a c");
}

TEST_CASE("a new column brings the value that older rows have") {
    const Columns columns{id_column, a, b, c, source_column("n", 5, int8_type)};
    TableEvidence evidence = catalog_of(columns, known_table().storage);
    evidence.columns.back().missing = "42";
    const ShapeChange change = compare(sent(columns), &evidence);
    CHECK(shown(change) == "id a b c n<new");
    CHECK(change.missing.back() == "42");
    CHECK(change.shape.columns.back().type == int8_type);
    CHECK(change.shape.columns.back().attnum == 5);
    CHECK(change.copy_reason.empty());
    CHECK(change.storage.last_attnum == 5);
}

TEST_CASE("a column that the catalog has at a known one's attnum was renamed") {
    const ShapeChange change = compare(Columns{id_column, a, text_at("z", 3), c});
    CHECK(shown(change) == "id a z<b c");
    REQUIRE(change.columns.size() == 1);
    CHECK(change.columns[0].kind == Kind::Renamed);
    CHECK(change.columns[0].old_name == "b");
    CHECK(change.doubts.empty());
}

TEST_CASE("columns that swapped their names are told by attnum") {
    CHECK(shown(compare(Columns{id_column, text_at("b", 2), text_at("a", 3), c})) == "id b<a a<b c");
}

TEST_CASE("a column that was dropped and made anew is another column, and the table is copied") {
    const ShapeChange change = compare(Columns{id_column, a, c, text_at("b", 5)});
    CHECK(shown(change) == "id a -b c b<new");
    REQUIRE(change.columns.size() == 1);
    CHECK(change.columns[0].kind == Kind::Replaced);
    CHECK_FALSE(change.copy_reason.empty());
}

TEST_CASE("a column that enters the publication's list needs its values, which were never sent") {
    TableShape known = known_table();
    known.table.columns.erase(known.table.columns.begin() + 2);  // b was not published
    const Columns columns{id_column, a, b, c};
    const TableEvidence evidence = catalog_of(columns, known.storage);
    ShapeChange change = compare(sent(columns), &evidence, known);
    REQUIRE(change.columns.size() == 1);
    CHECK(change.columns[0].kind == Kind::Arrived);
    CHECK_FALSE(change.copy_reason.empty());

    SECTION("one that left it is kept like a dropped one, and goes on when it is back") {
        const ShapeChange left = compare(sent({id_column, a, c}), &evidence);
        CHECK(shown(left) == "id a -b c");
        change = compare(sent(columns), &evidence, {left.shape, left.storage});
        CHECK(shown(change) == "id a b c");
        CHECK(change.columns[0].kind == Kind::Arrived);
        CHECK_FALSE(change.copy_reason.empty());
    }
}

TEST_CASE("a new type is a rewrite where the table's file is another one") {
    const Columns columns{id_column, a, source_column("b", 3, int8_type), c};
    TableStorage storage = known_table().storage;
    storage.marks[3] = 60;
    TableEvidence evidence = catalog_of(columns, storage);
    ShapeChange change = compare(sent(columns), &evidence);
    CHECK(change.columns[0].kind == Kind::Retyped);
    CHECK(change.copy_reason.empty());
    evidence.storage.leaves[7].file_node = 200;
    change = compare(sent(columns), &evidence);
    CHECK_FALSE(change.copy_reason.empty());
    CHECK(change.storage.leaves.at(7).file_node == 200);
}

TEST_CASE("a longer varchar is another shape and no rewrite") {
    TableShape known = known_table();
    known.table.columns[2].type = scalar(pg_types::varchar, "character varying(10)", 14);
    known.table.columns[2].declared_type_oid = pg_types::varchar;
    Columns columns = known.table.columns;
    columns[2].type.modifier = 24;
    const TableEvidence evidence = catalog_of(columns, known.storage);
    const ShapeChange change = compare(sent(columns), &evidence, known);
    REQUIRE(change.columns.size() == 1);
    CHECK(change.columns[0].kind == Kind::Retyped);
    CHECK(change.shape.columns[2].type.sql == "character varying(20)");
    CHECK(change.copy_reason.empty());
}

TEST_CASE("a new column without a missing value in a table that was rewritten had a volatile default") {
    const Columns columns{id_column, a, b, c, text_at("n", 5)};
    TableEvidence evidence = catalog_of(columns, known_table().storage);
    CHECK(compare(sent(columns), &evidence).copy_reason.empty());
    evidence.storage.leaves[7].file_node = 200;
    CHECK_FALSE(compare(sent(columns), &evidence).copy_reason.empty());
    evidence.columns.back().missing = "x";
    CHECK(compare(sent(columns), &evidence).copy_reason.empty());
}

TEST_CASE("a rewrite of a column that the stream shows no change of is seen by its mark") {
    const Columns columns{id_column, a, c};
    TableStorage storage = known_table().storage;
    storage.leaves[7].file_node = 200;
    TableEvidence evidence = catalog_of(columns, storage);
    CHECK(compare(sent(columns), &evidence).copy_reason.empty());  // TRUNCATE or VACUUM FULL
    evidence.storage.marks[4] = 60;
    CHECK_FALSE(compare(sent(columns), &evidence).copy_reason.empty());
}

TEST_CASE("a rewrite that the stream has not come to yet stays visible until it does") {
    // The stream: b is called z. The catalog: and then it became a bigint.
    const Columns later{id_column, a, source_column("z", 3, int8_type), c};
    TableStorage storage = known_table().storage;
    storage.leaves[7].file_node = 200;
    storage.marks[3] = 60;
    const TableEvidence evidence = catalog_of(later, storage);
    const ShapeChange first = compare(sent({id_column, a, text_at("z", 3), c}), &evidence);
    CHECK(shown(first) == "id a z<b c");
    CHECK(first.copy_reason.empty());
    const ShapeChange second = compare(sent(later), &evidence, {first.shape, first.storage});
    CHECK_FALSE(second.copy_reason.empty());
}

TEST_CASE("where the catalog is further than the stream, the stream decides what the shape is") {
    SECTION("a column that the stream adds is dropped again by now") {
        const TableEvidence evidence = catalog_of({id_column, a, b, c}, known_table().storage);
        const ShapeChange change = compare(sent({id_column, a, b, c, text_at("n", 5)}), &evidence);
        CHECK(shown(change) == "id a b c n<new");
        CHECK(change.shape.columns.back().attnum == 0);
        CHECK(change.copy_reason.empty());
        const ShapeChange next =
            compare(sent({id_column, a, b, c}), &evidence, {change.shape, change.storage});
        CHECK(next.columns[0].kind == Kind::Dropped);
    }
    SECTION("a column was renamed twice: its place between others tells it") {
        const TableEvidence evidence = catalog_of({id_column, a, text_at("zz", 3), c}, known_table().storage);
        const ShapeChange change = compare(sent({id_column, a, text_at("z", 3), c}), &evidence);
        CHECK(shown(change) == "id a z<b c");
        CHECK(change.doubts.empty());
    }
    SECTION("the last column was renamed twice, or another came for it: added, kept, and said so") {
        const TableEvidence evidence = catalog_of({id_column, a, b, text_at("zz", 4)}, known_table().storage);
        const ShapeChange change = compare(sent({id_column, a, b, text_at("z", 4)}), &evidence);
        CHECK(shown(change) == "id a b -c z<new");
        CHECK(change.doubts.size() == 1);
    }
    SECTION("a renamed column is told though the catalog has more columns by now") {
        const TableEvidence evidence =
            catalog_of({id_column, a, text_at("z", 3), source_column("c", 4, int8_type), text_at("n", 5)},
                       known_table().storage);
        CHECK(shown(compare(sent({id_column, a, text_at("z", 3), c}), &evidence)) == "id a z<b c");
    }
    SECTION(
        "a column is dropped and made anew by now: attnums that the stream's order contradicts are not its "
        "own") {
        const TableEvidence evidence =
            catalog_of({id_column, b, c, text_at("n", 5), text_at("a", 6)}, known_table().storage);
        const ShapeChange change = compare(sent({id_column, a, b, c, text_at("n", 5)}), &evidence);
        CHECK(shown(change) == "id a b c n<new");
        CHECK(change.copy_reason.empty());
    }
    SECTION("a column that the stream adds is called otherwise by now: their order tells it") {
        TableEvidence evidence =
            catalog_of({id_column, a, b, c, text_at("nn", 5), text_at("m", 6)}, known_table().storage);
        evidence.columns[4].missing = "7";
        const ShapeChange change = compare(sent({id_column, a, b, c, text_at("n", 5)}), &evidence);
        CHECK(shown(change) == "id a b c n<new");
        CHECK(change.missing.back() == "7");
        const ShapeChange next =
            compare(sent({id_column, a, b, c, text_at("nn", 5)}), &evidence, {change.shape, change.storage});
        REQUIRE(next.columns.size() == 1);
        CHECK(next.columns[0].kind == Kind::Renamed);
        CHECK(next.columns[0].old_name == "n");
        SECTION("but not where one that came before it was dropped: it may be that one") {
            evidence.columns[4].column.dropped = true;
            evidence.columns[4].column.name.clear();
            CHECK(
                compare(sent({id_column, a, b, c, text_at("n", 5)}), &evidence).shape.columns.back().attnum ==
                0);
        }
        SECTION("nor where a known column is missing: it may be that one") {
            CHECK(compare(sent({id_column, a, b, text_at("n", 5)}), &evidence).shape.columns.back().attnum ==
                  0);
        }
    }
    SECTION("the table is gone") {
        const ShapeChange change = compare(sent({id_column, a, b, c, text_at("n", 5)}), nullptr);
        CHECK(shown(change) == "id a b c n<new");
        CHECK(change.copy_reason.empty());
    }
}

TEST_CASE("a type that is not there any more becomes text, and that is said") {
    const Columns columns{id_column, a, b, c, source_column("n", 5, scalar(99999, "mood"))};
    const TableEvidence evidence = catalog_of(columns, known_table().storage);
    const ShapeChange change = compare_shapes(known_table(), sent(columns), &evidence, {}, true);
    CHECK(change.shape.columns.back().type.oid == pg_types::text);
    CHECK(change.shape.columns.back().declared_type_oid == 99999);
    CHECK(change.doubts.size() == 1);
    CHECK(fits(change.shape, sent(columns)));
}

TEST_CASE("another key and another replica identity are told from the stream's flags") {
    Columns columns = known_table().table.columns;
    columns[0].in_identity = columns[0].in_primary_key = false;
    columns[1].in_identity = columns[1].in_primary_key = true;
    ShapeChange change = compare(columns);
    CHECK(change.identity_changed);
    CHECK_FALSE(change.shape.columns[0].in_primary_key);
    CHECK(change.shape.columns[1].in_primary_key);

    Relation full = sent({id_column, a, b, c});
    full.identity = ReplicaIdentity::Full;
    for (Column& column : full.columns) column.key = true;
    const TableEvidence evidence = catalog_of({id_column, a, b, c}, known_table().storage);
    change = compare(full, &evidence);
    CHECK(change.identity_changed);
    CHECK(change.shape.identity == ReplicaIdentity::Full);
    CHECK(change.shape.columns[0].in_primary_key);
    CHECK_FALSE(change.shape.columns[1].in_primary_key);
}

TEST_CASE("a table that is renamed twice keeps the name that its targets have") {
    Relation relation = sent({id_column, a, b, c});
    relation.name = "u";
    ShapeChange change = compare(relation, nullptr);
    CHECK(change.table_renamed);
    CHECK(change.shape.qualified_name() == "public.u");
    CHECK(change.shape.naming_name() == "t");
    relation.name = "v";
    change = compare(relation, nullptr, {change.shape, change.storage});
    CHECK(change.shape.name == "v");
    CHECK(change.shape.naming_name() == "t");
}

TEST_CASE("what changed is told in words and as JSON") {
    const Columns columns{id_column, text_at("z", 2), source_column("c", 4, int8_type), text_at("n", 5)};
    const ShapeChange change = compare(columns);
    CHECK(describe(change) == "renamed a to z, dropped b, changed c from text to bigint, added n (text)");
    CHECK(change_json(known_table().table, change) ==
          R"({"columns":[{"change":"renamed","column":"z","old_name":"a"},)"
          R"({"change":"dropped","column":"b","old_type":"text"},)"
          R"({"change":"retyped","column":"c","old_type":"text","type":"bigint"},)"
          R"({"change":"added","column":"n","type":"text"}]})");
}

}  // namespace walferry::testing
