#include "apply/row_encoder.h"

#include "apply/row_fields.h"
#include "tests/apply/plans.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;

namespace {

/// Key in the second column, so that the load order differs from the source's.
TablePlan customers(WarehouseKind kind = WarehouseKind::Postgres, bool metadata = false) {
    PlanSpec spec;
    spec.columns = {text_column("name"), int_column("id"), text_column("note")};
    spec.key = {"id"};
    spec.kind = kind;
    spec.metadata = metadata;
    return plan_of(spec);
}

std::shared_ptr<const TablePlan> shared(TablePlan plan) {
    return std::make_shared<const TablePlan>(std::move(plan));
}

std::string field(std::string_view bytes) {
    std::string field(sizeof(std::int32_t), '\0');
    store_big_endian(field.data(), static_cast<std::int32_t>(bytes.size()));
    return field.append(bytes);
}
std::string int_field(std::int32_t number) {
    std::string bytes(sizeof number, '\0');
    store_big_endian(bytes.data(), number);
    return field(bytes);
}
std::string marker(std::int32_t length) {
    std::string bytes(sizeof length, '\0');
    store_big_endian(bytes.data(), length);
    return bytes;
}

struct Encoded {
    std::string row;
    bool has_unchanged = false;
};

Result<Encoded> encode(const TablePlan& plan, const Relation& relation, const Cells& after,
                       const std::optional<Cells>& before = std::nullopt) {
    WALFERRY_TRY(encoder, RowEncoder::make(shared(plan), relation));
    const std::vector<ColumnValue> new_row = views(after);
    const std::vector<ColumnValue> old_row = before ? views(*before) : std::vector<ColumnValue>{};
    const TupleData old_tuple(old_row);
    Arena arena;
    Encoded encoded;
    WALFERRY_TRY(
        row, encoder.row(new_row, before ? &old_tuple : nullptr, Lsn{0x1234}, arena, encoded.has_unchanged));
    encoded.row = row;
    CHECK(arena.used_bytes() == row.size());
    return encoded;
}

}  // namespace

TEST_CASE("a load row starts with its key, whatever the order of the source's columns") {
    const TablePlan plan = customers();
    const auto encoded = encode(plan, relation_of(plan), {cell("Ann"), cell("7"), null_cell});
    REQUIRE(encoded);
    CHECK(encoded.value().row == int_field(7) + field("Ann") + marker(null_length));
    CHECK_FALSE(encoded.value().has_unchanged);
}

TEST_CASE("the columns of the stream are found by name, in any order") {
    const TablePlan plan = customers();
    Relation relation = relation_of(plan);
    std::swap(relation.columns[0], relation.columns[2]);
    const auto encoded = encode(plan, relation, {cell("note"), cell("7"), cell("Ann")});
    REQUIRE(encoded);
    CHECK(encoded.value().row == int_field(7) + field("Ann") + field("note"));
}

TEST_CASE("a relation of another shape than the plan's is a schema error that names the column") {
    const TablePlan plan = customers();
    Relation relation = relation_of(plan);
    std::string named;
    SECTION("renamed") {
        relation.columns[2].name = "remark";
        named = "note";
    }
    SECTION("missing") {
        relation.columns.pop_back();
        named = "2 columns";
    }
    SECTION("added") {
        relation.columns.push_back({"more", pg_types::text, -1, false});
        named = "4 columns";
    }
    SECTION("of another type") {
        relation.columns[0].type_oid = pg_types::int8;
        named = "name";
    }
    SECTION("its key not in the replica identity any more") {
        relation.columns[1].key = false;
        named = "id";
    }
    const auto made = RowEncoder::make(shared(plan), relation);
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == ErrorKind::Schema);
    CHECK(made.error().message.find("public.t") != std::string::npos);
    CHECK(made.error().message.find(named) != std::string::npos);
    CHECK(made.error().way_out.find("walferry ") != std::string::npos);
}

TEST_CASE("a column of another size is taken: its values say themselves whether they fit") {
    const TablePlan plan = customers();
    Relation relation = relation_of(plan);
    relation.columns[0].type_modifier = 14;
    CHECK(RowEncoder::make(shared(plan), relation));
}

TEST_CASE("a domain's column has the domain's OID and no modifier in the stream") {
    TablePlan plan = customers();
    plan.source.columns[0].declared_type_oid = 99'000;
    plan.source.columns[0].type.modifier = 14;
    CHECK(RowEncoder::make(shared(plan), relation_of(plan)));
}

TEST_CASE("a value that can't be represented is a data error that names the column and shows it") {
    const TablePlan plan = customers();
    const auto encoded = encode(plan, relation_of(plan), {cell("Ann"), cell("seven"), null_cell});
    REQUIRE_FALSE(encoded);
    CHECK(encoded.error().kind == ErrorKind::Data);
    CHECK(encoded.error().message.find("column id") != std::string::npos);
    CHECK(encoded.error().message.find("seven") != std::string::npos);
    TablePlan odd = plan;
    for (TargetColumn& column : odd.columns) {
        if (column.name == "id") column.name = "id: a";
    }
    const auto refused = encode(odd, relation_of(odd), {cell("Ann"), cell("seven"), null_cell});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().way_out.find(R"("id: a": varchar)") != std::string::npos);
}

TEST_CASE("unchanged values are taken from a full old image") {
    const TablePlan plan = customers();
    const auto encoded = encode(plan, relation_of(plan), {unchanged_cell, cell("7"), unchanged_cell},
                                Cells{cell("Ann"), cell("6"), cell("a much longer note than the row")});
    REQUIRE(encoded);
    CHECK(encoded.value().row == int_field(7) + field("Ann") + field("a much longer note than the row"));
    CHECK_FALSE(encoded.value().has_unchanged);
}

TEST_CASE("an old image that is only the key supplies the key and nothing else") {
    const TablePlan plan = customers();
    const auto encoded = encode(plan, relation_of(plan), {unchanged_cell, unchanged_cell, cell("n")},
                                Cells{null_cell, cell("7"), null_cell});
    REQUIRE(encoded);
    CHECK(encoded.value().row == int_field(7) + marker(unchanged_length) + field("n"));
    CHECK(encoded.value().has_unchanged);
}

TEST_CASE("a row without a value for its key is refused") {
    const TablePlan plan = customers();
    const Cell missing = GENERATE(null_cell, unchanged_cell);
    const auto encoded = encode(plan, relation_of(plan), {cell("Ann"), missing, cell("n")});
    REQUIRE_FALSE(encoded);
    CHECK(encoded.error().kind == ErrorKind::Protocol);
    CHECK(encoded.error().message.find("id") != std::string::npos);
}

TEST_CASE("metadata ends the row: the commit's position, then the time of apply") {
    const TablePlan plan = customers(WarehouseKind::DuckDb, true);
    auto encoded = encode(plan, relation_of(plan), {null_cell, cell("7"), null_cell});
    REQUIRE(encoded);
    std::string row = encoded.value().row;
    stamp_synced_at(row.data() + row.size(), LoadFormat::Binary, 1'000'000);
    std::string expected = int_field(7) + marker(null_length) + marker(null_length);
    for (const std::int64_t number : {std::int64_t{0x1234}, std::int64_t{1'000'000}}) {
        std::string bytes(sizeof number, '\0');
        store_big_endian(bytes.data(), number);
        expected += field(bytes);
    }
    CHECK(row == expected);
}

TEST_CASE("metadata of a table that is loaded as text is text") {
    TablePlan plan = customers(WarehouseKind::Postgres, true);
    plan.format = LoadFormat::Text;
    for (TargetColumn& column : plan.columns) column.encoding = ColumnEncoding{};
    auto encoded = encode(plan, relation_of(plan), {null_cell, cell("7"), null_cell});
    REQUIRE(encoded);
    std::string row = encoded.value().row;
    stamp_synced_at(row.data() + row.size(), LoadFormat::Text, 1'000'001);
    CHECK(row == field("7") + marker(null_length) + marker(null_length) + field("0/1234") +
                     field("2000-01-01 00:00:01.000001+00"));
}

}  // namespace walferry
