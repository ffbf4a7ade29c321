#include "publish/table_description.h"

#include "model/pg_types.h"
#include "tests/support/catch.h"

namespace walferry::publish {
namespace {

constexpr std::uint32_t int4_oid = pg_types::int4, text_oid = pg_types::text;

Relation relation(std::vector<Column> columns, ReplicaIdentity identity = ReplicaIdentity::Default) {
    Relation made;
    made.schema = "public";
    made.name = "t";
    made.identity = identity;
    made.columns = std::move(columns);
    return made;
}

PublishedTable described(const Relation& relation, const std::optional<TableFacts>& facts,
                         const PublishedTable* before = nullptr) {
    return describe_relation(relation, std::vector<std::optional<SourceType>>(relation.columns.size()), facts,
                             {}, before);
}

using Key = std::vector<std::size_t>;

const TableFacts known{{{"id", int4_oid, true, false, ""}, {"v", text_oid, false, false, "'x'::text"}},
                       {"id"}};

TEST_CASE("the catalog adds what it knows of the stream's columns, and the order of the key") {
    const Relation streamed = relation({{"v", text_oid}, {"id", int4_oid, -1, true}});
    const PublishedTable table = described(streamed, known);
    CHECK(table.key == Key{1});
    CHECK(table.columns[1].not_null);
    CHECK(table.columns[0].default_expression == "'x'::text");
    CHECK(table.columns[0].type.oid == text_oid);
    CHECK(table.in_identity == std::vector<bool>{false, true});
}

TEST_CASE("columns that were renamed since are found by their place") {
    const PublishedTable table =
        described(relation({{"number", int4_oid, -1, true}, {"v", text_oid}}), known);
    CHECK(table.key == Key{0});
    CHECK(table.columns[0].not_null);
}

TEST_CASE("a key that can't be that of these columns is none: the one before holds, or the identity") {
    TableFacts later = known;
    later.columns.push_back({"later", int4_oid, true, false, ""});
    later.key = {"later"};
    const Relation streamed = relation({{"id", int4_oid, -1, true}, {"v", text_oid}});
    CHECK(described(streamed, later).key == Key{0});
    PublishedTable before = described(streamed, known);
    before.key = {1};
    CHECK(described(streamed, later, &before).key == Key{1});
    const Relation whole =
        relation({{"id", int4_oid, -1, true}, {"v", text_oid, -1, true}}, ReplicaIdentity::Full);
    CHECK(described(whole, later).key.empty());
}

TEST_CASE("of a table that is gone the stream alone is known") {
    const PublishedTable table = described(relation({{"id", int4_oid, -1, true}}), std::nullopt);
    CHECK(table.key == Key{0});
    CHECK_FALSE(table.columns[0].not_null);
    CHECK(table.name == TableName{"public", "t"});
}

TEST_CASE("a table without any unique index has no key, whatever its identity") {
    TableFacts keyless = known;
    keyless.key.clear();
    CHECK(described(relation({{"id", int4_oid, -1, true}, {"v", text_oid}}), keyless).key.empty());
}

}  // namespace
}  // namespace walferry::publish
