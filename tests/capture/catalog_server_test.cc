#include "capture/pgoutput/pgoutput_source.h"
#include "capture/source_catalog.h"
#include "tests/support/catch.h"
#include "tests/support/must.h"
#include "tests/support/pg_cluster.h"

using namespace walferry;
using walferry::testing::must;
using walferry::testing::PgCluster;

namespace {

const CandidateTable& candidate(const std::vector<CandidateTable>& tables, const std::string& name) {
    for (const CandidateTable& table : tables) {
        if (table.name == name) return table;
    }
    FAIL("no candidate " << name);
    return tables.front();
}

struct CatalogFixture {
    PgCluster cluster;
    std::unique_ptr<SourceCatalog> catalog = must(connect_source_catalog(cluster.url()));
};

}  // namespace

TEST_CASE_METHOD(CatalogFixture, "the source tells who and where it is") {
    const SourceIdentity identity = must(catalog->identity());
    CHECK(std::to_string(identity.system_identifier) ==
          cluster.value("SELECT system_identifier FROM pg_control_system()"));
    CHECK(identity.timeline == 1);
    CHECK(identity.position > Lsn{});
    CHECK(identity.server_version / 10000 == cluster.major_version());
    CHECK(identity.database == "postgres");
    CHECK_FALSE(identity.in_recovery);
    CHECK(must(catalog->wal_position()) >= identity.position);
    const SourceSettings settings = must(catalog->settings());
    CHECK(settings.wal_level == "logical");
    CHECK(settings.can_replicate);
    CHECK(settings.can_create_publication);
    CHECK(settings.max_wal_senders > 0);
    const auto taken = must(catalog->next_xid());
    CHECK(must(catalog->next_xid()) > taken);
    CHECK(must(catalog->oldest_running_xid()) > 0);
}

TEST_CASE_METHOD(CatalogFixture, "a slot is described, dropped when free, and busy while in use") {
    CHECK_FALSE(must(catalog->slot("ferry")).has_value());
    const Lsn point = must(create_slot(cluster.url(), "ferry"));
    const auto slot = must(catalog->slot("ferry"));
    REQUIRE(slot.has_value());
    CHECK(slot->plugin == "pgoutput");
    CHECK(slot->database == "postgres");
    CHECK_FALSE(slot->active);
    CHECK(slot->confirmed_flush_lsn == point);
    CHECK(slot->wal_status == "reserved");
    cluster.exec("CREATE PUBLICATION ferry FOR ALL TABLES");
    {
        const auto source = must(start_pgoutput({cluster.url(), "ferry", "ferry", point}));
        CHECK(must(catalog->slot("ferry"))->active_pid > 0);
        const Status dropped = catalog->drop_slot("ferry");
        REQUIRE(dropped.has_error());
        CHECK(dropped.error().kind == ErrorKind::Busy);
    }
    Status dropped = catalog->drop_slot("ferry");
    for (int attempt = 0; dropped.has_error() && dropped.error().kind == ErrorKind::Busy && attempt < 500;
         ++attempt)
        dropped = catalog->drop_slot("ferry");
    must(dropped);
    must(catalog->drop_slot("ferry"));
    CHECK_FALSE(must(catalog->slot("ferry")).has_value());
}

TEST_CASE_METHOD(CatalogFixture,
                 "candidates are permanent tables and roots, each with what is wrong with its identity") {
    cluster.exec(
        "CREATE TABLE good (id int PRIMARY KEY); CREATE TABLE bare (id int);"
        "CREATE TABLE late (id int PRIMARY KEY DEFERRABLE);"
        "CREATE TABLE muted (id int PRIMARY KEY); ALTER TABLE muted REPLICA IDENTITY NOTHING;"
        "CREATE TABLE whole (id int); ALTER TABLE whole REPLICA IDENTITY FULL;"
        "CREATE TABLE lost (id int NOT NULL); CREATE UNIQUE INDEX lost_id ON lost (id);"
        "ALTER TABLE lost REPLICA IDENTITY USING INDEX lost_id; DROP INDEX lost_id;"
        "CREATE UNLOGGED TABLE fleeting (id int PRIMARY KEY); CREATE VIEW seen AS SELECT 1;"
        "CREATE TABLE root (id int, PRIMARY KEY (id)) PARTITION BY RANGE (id);"
        "CREATE TABLE leaf PARTITION OF root FOR VALUES FROM (0) TO (9);"
        "CREATE TABLE mixed (id int, PRIMARY KEY (id)) PARTITION BY RANGE (id);"
        "CREATE TABLE odd_leaf PARTITION OF mixed FOR VALUES FROM (0) TO (9);"
        "ALTER TABLE odd_leaf REPLICA IDENTITY NOTHING;");
    const auto tables = must(catalog->candidates());
    std::vector<std::string> names;
    for (const CandidateTable& table : tables) names.push_back(table.name);
    CHECK(names ==
          std::vector<std::string>{"bare", "good", "late", "lost", "mixed", "muted", "root", "whole"});
    for (const char* name : {"good", "whole", "root"}) CHECK(candidate(tables, name).usable_identity);
    const std::pair<const char*, const char*> problems[] = {{"bare", "no primary key"},
                                                            {"late", "DEFERRABLE"},
                                                            {"muted", "NOTHING"},
                                                            {"lost", "dropped"},
                                                            {"mixed", "public.odd_leaf"}};
    for (const auto& [name, problem] : problems) {
        CAPTURE(name);
        CHECK_FALSE(candidate(tables, name).usable_identity);
        CHECK(candidate(tables, name).identity_problem.find(problem) != std::string::npos);
    }
}

TEST_CASE_METHOD(CatalogFixture, "a published table is described with domains and arrays resolved") {
    cluster.exec(
        "CREATE TYPE mood AS ENUM ('ok'); CREATE DOMAIN price AS numeric(10,2); CREATE DOMAIN cost AS price;"
        "CREATE DOMAIN ids AS int[];"
        "CREATE TABLE item (junk int, id int, c cost, prices price[], v varchar(5)[], tags ids, m mood, vec "
        "int2vector, "
        "twice int GENERATED ALWAYS AS (id * 2) STORED, u uuid NOT NULL, PRIMARY KEY (id) INCLUDE (c));"
        "ALTER TABLE item DROP COLUMN junk; CREATE PUBLICATION ferry FOR TABLE item;"
        "INSERT INTO item (id, u) SELECT g, gen_random_uuid() FROM generate_series(1, 50) g; ");
    const auto before = must(catalog->published_tables("ferry"));
    REQUIRE(before.size() == 1);
    cluster.exec("ANALYZE item");
    const auto tables = must(catalog->published_tables("ferry"));
    const SourceTable& item = tables[0];
    CHECK(item.qualified_name() == "public.item");
    CHECK(item.kind == 'r');
    CHECK(before[0].estimated_rows == -1);
    CHECK(item.estimated_rows == 50);
    CHECK(std::to_string(item.publication_member) == cluster.value("SELECT oid FROM pg_publication_rel"));
    REQUIRE(item.columns.size() == 8);
    CHECK(item.columns[0].name == "id");
    CHECK(item.columns[0].attnum == 2);
    CHECK(item.columns[0].in_primary_key);
    CHECK(item.columns[0].in_identity);
    CHECK_FALSE(item.columns[1].in_primary_key);
    CHECK(item.columns[1].type.name == "numeric");
    CHECK(item.columns[1].type.sql == "numeric(10,2)");
    CHECK(std::to_string(item.columns[1].declared_type_oid) == cluster.value("SELECT 'cost'::regtype::oid"));
    CHECK(item.columns[2].type.is_array());
    CHECK(item.columns[2].type.element_name == "numeric");
    CHECK(item.columns[2].type.element_sql == "numeric(10,2)");
    CHECK(item.columns[2].type.modifier == -1);
    CHECK(item.columns[2].type.element_modifier == item.columns[1].type.modifier);
    CHECK(item.columns[3].type.element_modifier == -1);
    CHECK(item.columns[3].type.element_sql == "character varying(5)");
    CHECK(item.columns[4].type.name == "_int4");
    CHECK(item.columns[4].type.element_name == "int4");
    CHECK(item.columns[5].type.kind == 'e');
    CHECK(item.columns[5].type.schema == "public");
    CHECK(item.columns[5].type.sql == "public.mood");
    CHECK_FALSE(item.columns[6].type.is_array());
    CHECK(item.columns[7].not_null);
}

TEST_CASE_METHOD(CatalogFixture, "roots, row filters and column lists are read as the publication has them") {
    cluster.exec(
        "CREATE TABLE root (id int, PRIMARY KEY (id)) PARTITION BY RANGE (id);"
        "CREATE TABLE leaf PARTITION OF root FOR VALUES FROM (0) TO (100);"
        "INSERT INTO root SELECT generate_series(1, 20); ANALYZE root;"
        "CREATE SCHEMA \"odd ns\"; CREATE TABLE \"odd ns\".\"T x\" (id int NOT NULL, \"B\" text, k int NOT "
        "NULL);"
        "CREATE UNIQUE INDEX k ON \"odd ns\".\"T x\" (k); ALTER TABLE \"odd ns\".\"T x\" REPLICA IDENTITY "
        "USING INDEX k;");
    must(catalog->create_publication("fer\"ry", must(catalog->candidates())));
    must(catalog->create_publication("fer\"ry", must(catalog->candidates())));
    const auto status = must(catalog->publication("fer\"ry"));
    REQUIRE(status.has_value());
    CHECK(status->via_root);
    CHECK_FALSE(status->all_tables);
    auto tables = must(catalog->published_tables("fer\"ry"));
    REQUIRE(tables.size() == 2);
    CHECK(tables[0].name == "T x");
    CHECK_FALSE(tables[0].columns[0].in_identity);
    CHECK(tables[0].columns[2].in_identity);
    CHECK(tables[1].name == "root");
    CHECK(tables[1].kind == 'p');
    CHECK(tables[1].estimated_rows == 20);
    if (cluster.major_version() >= 15) {
        cluster.exec("ALTER PUBLICATION \"fer\"\"ry\" SET TABLE \"odd ns\".\"T x\" (id, k) WHERE (k > 5)");
        tables = must(catalog->published_tables("fer\"ry"));
        REQUIRE(tables.size() == 1);
        CHECK(tables[0].columns.size() == 2);
        CHECK(tables[0].row_filter == "(k > 5)");
    }
    must(catalog->drop_publication("fer\"ry"));
    must(catalog->drop_publication("fer\"ry"));
    CHECK_FALSE(must(catalog->publication("fer\"ry")).has_value());
}

TEST_CASE_METHOD(CatalogFixture, "a table that is a member already does not keep others from being added") {
    cluster.exec("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);");
    const auto tables = must(catalog->candidates());
    must(catalog->create_publication("ferry", {tables[0]}));
    must(catalog->add_to_publication("ferry", tables));
    CHECK(must(catalog->published_tables("ferry")).size() == 2);
}

TEST_CASE_METHOD(CatalogFixture,
                 "a role without privileges sees which tables it can't read, wrong roles are refused") {
    cluster.exec(
        "CREATE ROLE reader LOGIN; CREATE TABLE open (id int PRIMARY KEY); CREATE TABLE shut (id int PRIMARY "
        "KEY);"
        "CREATE TABLE guarded (id int PRIMARY KEY); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;"
        "GRANT SELECT ON open, guarded TO reader; CREATE PUBLICATION ferry FOR ALL TABLES;");
    const auto reader = must(connect_source_catalog(cluster.url("postgres", "reader")));
    CHECK(must(reader->unreadable_tables("ferry")) ==
          std::vector<std::string>{"public.guarded", "public.shut"});
    CHECK_FALSE(must(reader->settings()).can_replicate);
    const auto slot = create_slot(cluster.url("postgres", "reader"), "ferry");
    REQUIRE(slot.has_error());
    CHECK(slot.error().kind == ErrorKind::Permission);
    const auto nobody = connect_source_catalog(cluster.url("postgres", "nobody"));
    REQUIRE(nobody.has_error());
    CHECK(nobody.error().kind == ErrorKind::Permission);
    const auto nowhere = connect_source_catalog(cluster.url("nowhere"));
    REQUIRE(nowhere.has_error());
    CHECK(nowhere.error().kind == ErrorKind::Configuration);
}

TEST_CASE_METHOD(CatalogFixture,
                 "an interrupted catalog is cancelled, a broken one has lost its connection") {
    catalog->interrupt();
    REQUIRE(catalog->identity().has_error());
    CHECK(catalog->identity().error().kind == ErrorKind::Cancelled);
    const auto other = must(connect_source_catalog(cluster.url()));
    cluster.exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'walferry'");
    const auto broken = other->wal_position();
    REQUIRE(broken.has_error());
    CHECK(broken.error().kind == ErrorKind::Connection);
}
