#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "tests/integration/hook.h"
#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

FerryOptions announcing(const std::string& outbox) {
    FerryOptions options;
    options.more = "outbox: " + outbox + "\n";
    return options;
}

FerryOptions hooked(const Hook& hook) {
    return announcing(fmt::format("{{ webhook: \"{}\", secret: k3y }}", hook.url()));
}

constexpr const char* outbox_two_tables =
    "CREATE TABLE a (id serial PRIMARY KEY, v text); CREATE TABLE b (id serial PRIMARY KEY, v text)";

void insert(const Shop& shop, const std::string& table, int rows = 1) {
    shop.sql(fmt::format("INSERT INTO {} (v) SELECT 'x' FROM generate_series(1, {})", table, rows));
}

/// Of the running service; -1 while there is none.
int pending(const Shop& shop) {
    const std::string config = read_file(shop.ferry->config());
    const std::string before = "listen: 127.0.0.1:";
    const int port = std::stoi(config.substr(config.find(before) + before.size()));
    const auto answer = httplib::Client("127.0.0.1", port).Get("/metrics");
    if (!answer) return -1;
    const std::string name = "walferry_outbox_pending{pipeline=\"shop\"} ";
    const std::size_t at = answer->body.find("\n" + name);
    return at == std::string::npos ? -1 : std::stoi(answer->body.substr(at + 1 + name.size()));
}

/// From 1 on without a gap.
bool is_whole(const std::vector<std::int64_t>& ids) {
    std::vector<std::int64_t> whole(ids.size());
    std::iota(whole.begin(), whole.end(), 1);
    return ids == whole;
}

std::string outbox_value(const Shop& shop, const std::string& what) {
    return shop.ferry->warehouse_value("SELECT " + what + " FROM walferry.outbox");
}

int events_of(const std::vector<Hook::Delivery>& deliveries, const std::string& table,
              const std::string& op) {
    std::map<std::int64_t, int> by_id;
    for (const auto& [row, body, signature] : deliveries) {
        if (row["kind"] != "batch" || row["source_table"] != table) continue;
        by_id[row["id"].get<std::int64_t>()] = row["payload"]["counts"][op].get<int>();
    }
    return std::accumulate(by_id.begin(), by_id.end(), 0,
                           [](int sum, const auto& of) { return sum + of.second; });
}

/// The signatures by somebody else's HMAC.
void check_in_order_and_signed(const Hook& hook) {
    CHECK(is_whole(hook.ids()));
    nlohmann::json signed_bodies;
    for (const auto& [row, body, signature] : hook.deliveries()) signed_bodies.push_back({body, signature});
    const TempDir dir("signatures");
    write_file(dir / "all.json", signed_bodies.dump());
    const Completed verified =
        run({.command = {"python3", "-c",
                         "import hashlib, hmac, json, sys\n"
                         "for body, signature in json.load(open(sys.argv[1])):\n"
                         "    digest = hmac.new(b'k3y', body.encode(), hashlib.sha256).hexdigest()\n"
                         "    assert hmac.compare_digest('sha256=' + digest, signature), signature\n",
                         dir / "all.json"}});
    INFO(verified.err);
    CHECK(verified.exit == Exit{0, 0});
}

}  // namespace

TEST_CASE("a table is announced once a batch, in the commit that has the batch's rows", "[outbox]") {
    const Hook hook;
    Shop shop(Target::Postgres, hooked(hook));
    shop.sql(outbox_two_tables);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    // Who writes what in which of the warehouse's transactions.
    shop.source.exec(
        "CREATE TABLE announced (id bigint, xid xid8);"
        "CREATE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO "
        "public.announced "
        "VALUES (NEW.id, pg_current_xact_id()); RETURN NEW; END $$;"
        "CREATE TRIGGER note AFTER INSERT ON walferry.outbox FOR EACH ROW EXECUTE FUNCTION announce();"
        "CREATE TABLE written (source_table text, xid xid8, n bigint);"
        "CREATE FUNCTION write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.written "
        "SELECT "
        "'public.' || TG_TABLE_NAME, pg_current_xact_id(), count(*) FROM added; RETURN NULL; END $$;"
        "CREATE TRIGGER note AFTER INSERT ON a REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE "
        "FUNCTION "
        "write();"
        "CREATE TRIGGER note AFTER INSERT ON b REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE "
        "FUNCTION "
        "write()",
        "warehouse");
    for (int i = 0; i < 20; ++i) {
        insert(shop, "a", 3);
        shop.sql("BEGIN; INSERT INTO a (v) VALUES ('y'); INSERT INTO b (v) VALUES ('y'); COMMIT");
    }
    insert(shop, "b", 5000);  // more than a batch: applied in steps
    REQUIRE(shop.ferry->caught_up());
    CHECK(eventually([&] { return pending(shop) == 0; }));
    CHECK(shop.ferry->stop() == Exit{0, 0});
    INFO(shop.ferry->log_tail());
    CHECK(outbox_value(shop, "count(*) FILTER (WHERE kind = 'copied')") == "2");
    for (const std::string table : {"a", "b"}) {
        CAPTURE(table);
        CHECK(
            shop.ferry->warehouse_value(fmt::format(
                "SELECT count(*) FROM announced FULL JOIN walferry.outbox USING (id) FULL JOIN (SELECT xid, "
                "source_table, sum(n) AS n FROM written GROUP BY 1, 2) AS sums USING (xid, source_table) "
                "WHERE "
                "source_table = 'public.{}' AND kind IS DISTINCT FROM 'copied' AND n IS DISTINCT FROM "
                "(payload->'counts'->>'c')::bigint",
                table)) == "0");
        CHECK(std::to_string(events_of(hook.deliveries(), "public." + table, "c")) ==
              shop.value("SELECT count(*) FROM " + table));
    }
    CHECK(outbox_value(shop, "count(DISTINCT (commit_lsn, source_table)) = count(*)") == "t");
    CHECK(outbox_value(shop, "bool_and(published_at IS NOT NULL)") == "t");
    check_in_order_and_signed(hook);
    CHECK(hook.deliveries().size() == hook.ids().size());
}

TEST_CASE("whatever is killed and whenever, every event is announced by exactly one row, and no row is lost",
          "[outbox]") {
    for (const Target target : {Target::DuckDb, Target::Postgres}) {
        CAPTURE(name_of(target));
        Hook hook;
        Shop shop(target, hooked(hook));
        shop.sql(outbox_two_tables);
        shop.ferry->start();
        REQUIRE(shop.ferry->all_tables_are("streaming"));
        std::atomic<bool> enough = false;
        std::thread writer([&] {
            while (!enough)
                shop.sql("BEGIN; INSERT INTO a (v) VALUES ('y'); UPDATE a SET v = 'z' WHERE id = 1; COMMIT");
        });
        for (int i = 0; i < 6; ++i) {
            hook.fail(i % 2 == 1);
            std::this_thread::sleep_for(milliseconds(300 + 170 * i));
            shop.ferry->kill();
            shop.ferry->start();
        }
        enough = true;
        writer.join();
        const std::size_t before = hook.ids().size();
        hook.fail(false);
        REQUIRE(shop.ferry->caught_up());
        CHECK(eventually([&] { return pending(shop) == 0; }));
        CHECK(shop.ferry->stop() == Exit{0, 0});
        INFO(shop.ferry->log_tail());
        CHECK(hook.ids().size() > before);
        CHECK(outbox_value(shop, "count(*) - count(published_at)") == "0");
        CHECK(outbox_value(shop, "count(*)") == std::to_string(hook.ids().size()));
        const int inserted = std::stoi(shop.value("SELECT count(*) FROM a"));
        CHECK(inserted > 20);
        CHECK(events_of(hook.deliveries(), "public.a", "c") == inserted);
        CHECK(events_of(hook.deliveries(), "public.a", "u") == inserted);
        std::vector<std::int64_t> ids = hook.ids();
        CHECK(std::is_sorted(ids.begin(), ids.end()));
        CHECK(shop.ferry->differences() == "");
    }
}

TEST_CASE("a webhook that fails or hangs holds nothing up, and gets all of it later, in order", "[outbox]") {
    for (const Target target : {Target::DuckDb, Target::Postgres}) {
        CAPTURE(name_of(target));
        Hook hook;
        Shop shop(target, hooked(hook));
        shop.sql(outbox_two_tables);
        hook.hang(true);
        shop.ferry->start();
        REQUIRE(shop.ferry->all_tables_are("streaming"));
        REQUIRE(eventually([&] { return hook.hanging() == 1; }));
        insert(shop, "a");
        CHECK(eventually([&] { return pending(shop) == 3; }));  // copied twice, and the batch
        hook.fail(true);
        hook.hang(false);
        REQUIRE(eventually([&] { return hook.refused() > 2; }));
        insert(shop, "b");
        CHECK(eventually([&] { return pending(shop) == 4; }));
        CHECK(hook.deliveries().empty());
        hook.fail(false);
        CHECK(eventually([&] { return pending(shop) == 0; }));
        check_in_order_and_signed(hook);
        CHECK(hook.ids().size() == 4);
        CHECK(shop.ferry->stop() == Exit{0, 0});
        CHECK(outbox_value(shop, "count(published_at)") == "4");
    }
}

TEST_CASE("listeners of the channel and the command get every row", "[outbox]") {
    const TempDir dir("exec");
    const std::string out = (dir / "out").string();
    Shop shop(Target::Postgres,
              announcing(fmt::format("{{ notify: \"our news\", exec: \"cat >> {}\" }}", out)));
    shop.sql(outbox_two_tables);
    struct Receiver : pqxx::notification_receiver {
        using pqxx::notification_receiver::notification_receiver;
        void operator()(const std::string& payload, int) override { payloads.push_back(payload); }
        std::vector<std::string> payloads;
    };
    const auto connection = shop.source.connect("warehouse");
    Receiver receiver(*connection, "our news");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    insert(shop, "a", 2);
    REQUIRE(shop.ferry->caught_up());
    CHECK(eventually([&] { return pending(shop) == 0; }));
    CHECK(shop.ferry->stop() == Exit{0, 0});
    connection->get_notifs();
    REQUIRE(receiver.payloads.size() == 3);
    std::string lines;
    for (const std::string& payload : receiver.payloads) lines += payload + "\n";
    CHECK(read_file(out) == lines);
    const auto last = nlohmann::json::parse(receiver.payloads.back());
    CHECK(last["id"] == 3);
    CHECK(last["pipeline"] == "shop");
    CHECK(last["kind"] == "batch");
    CHECK(last["source_table"] == "public.a");
    CHECK(last["payload"]["counts"] == nlohmann::json{{"c", 2}, {"u", 0}, {"d", 0}, {"t", 0}});
}

TEST_CASE("a command that fails holds up neither the data nor another publisher", "[outbox]") {
    const Hook hook;
    Shop shop(Target::DuckDb, announcing(fmt::format("{{ webhook: \"{}\", exec: \"exit 1\" }}", hook.url())));
    shop.sql(outbox_two_tables);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    insert(shop, "a");
    REQUIRE(shop.ferry->caught_up());
    CHECK(eventually([&] { return hook.ids().size() == 3; }));
    CHECK(eventually([&] { return pending(shop) == 3; }));
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(outbox_value(shop, "count(published_at)") == "0");
}

TEST_CASE("rows are removed some time after they were published, and never before", "[outbox]") {
    for (const Target target : {Target::DuckDb, Target::Postgres}) {
        CAPTURE(name_of(target));
        const TempDir dir("exec");
        const std::filesystem::path closed = dir / "closed", out = dir / "out";
        Shop shop(target, announcing(fmt::format("{{ exec: \"test ! -e {} && cat >> {}\", retention: 1s }}",
                                                 closed.string(), out.string())));
        shop.sql(outbox_two_tables);
        shop.ferry->start();
        REQUIRE(shop.ferry->all_tables_are("streaming"));
        insert(shop, "a");
        REQUIRE(eventually([&] {
            const std::string lines = std::filesystem::exists(out) ? read_file(out) : "";
            return std::count(lines.begin(), lines.end(), '\n') == 3;
        }));
        write_file(closed, "");
        insert(shop, "b");
        REQUIRE(eventually([&] { return pending(shop) == 1; }));
        const auto rows = [&] {
            return shop.ferry->command("sql", {"--csv", "SELECT count(*) AS n FROM walferry.outbox"}).out;
        };
        CHECK(eventually([&] { return rows() == "n\n1\n"; }));
        insert(shop, "b");
        REQUIRE(eventually([&] { return pending(shop) == 2; }));
        std::this_thread::sleep_for(seconds(3));  // retention, and an interval of looking for what is past it
        CHECK(rows() == "n\n2\n");
        CHECK(shop.ferry->stop() == Exit{0, 0});
        CHECK(outbox_value(shop, "count(published_at)") == "0");
        CHECK(outbox_value(shop, "max(id)") == "5");
    }
}

TEST_CASE("run --until-caught-up publishes what it brought before it ends", "[outbox]") {
    Hook hook;
    Shop shop(Target::DuckDb, hooked(hook));
    shop.sql(outbox_two_tables);
    insert(shop, "a", 10);
    const Completed first = shop.ferry->catch_up();
    INFO(first.err);
    CHECK(first.exit == Exit{0, 0});
    CHECK(hook.ids().size() == 2);
    insert(shop, "a", 10);
    hook.fail(true);
    CHECK(shop.ferry->catch_up().exit == Exit{0, 0});
    CHECK(hook.ids().size() == 2);
    CHECK(outbox_value(shop, "count(*) - count(published_at)") == "1");
    hook.fail(false);
    CHECK(shop.ferry->catch_up().exit == Exit{0, 0});
    CHECK(outbox_value(shop, "count(*) - count(published_at)") == "0");
    check_in_order_and_signed(hook);
}

TEST_CASE("a publisher that hangs holds up the end by some seconds at most", "[outbox]") {
    Hook hook;
    Shop shop(Target::Postgres,
              announcing(fmt::format("{{ webhook: \"{}\", exec: \"trap '' TERM; sleep 600\", timeout: 1h }}",
                                     hook.url())));
    shop.sql(outbox_two_tables);
    hook.hang(true);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    REQUIRE(eventually([&] { return hook.hanging() == 1; }));
    CHECK(shop.ferry->stop(seconds(60)) == Exit{0, 0});
    CHECK(outbox_value(shop, "count(*) - count(published_at)") == "2");
}

TEST_CASE("the outbox goes on after the warehouse has been away, and while the source is", "[outbox]") {
    Hook hook;
    PgCluster warehouse;
    warehouse.create_database("warehouse");
    FerryOptions options = hooked(hook);
    options.warehouse.emplace(PgDatabase{warehouse, "warehouse"});
    Shop shop(Target::DuckDb, options);
    shop.sql(outbox_two_tables);
    hook.fail(true);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    insert(shop, "a");
    REQUIRE(shop.ferry->caught_up());
    warehouse.restart();
    hook.fail(false);
    CHECK(eventually([&] { return hook.ids().size() == 3; }));
    CHECK(eventually([&] { return pending(shop) == 0; }));
    hook.fail(true);
    insert(shop, "b");
    REQUIRE(shop.ferry->caught_up());
    REQUIRE(eventually([&] { return pending(shop) == 1; }));
    shop.source.stop();
    hook.fail(false);
    CHECK(eventually([&] { return pending(shop) == 0; }));
    INFO(shop.ferry->log_tail());
    check_in_order_and_signed(hook);
    CHECK(shop.ferry->stop() == Exit{0, 0});
}

TEST_CASE("an instance that was frozen while another took over ends, and the outbox goes on", "[outbox]") {
    Hook hook;
    Shop shop(Target::Postgres, hooked(hook));
    shop.sql(outbox_two_tables);
    shop.source.set("wal_sender_timeout", "1s");
    shop.source.reload();
    hook.fail(true);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    REQUIRE(eventually([&] { return pending(shop) == 2; }));
    shop.ferry->process().signal(SIGSTOP);
    Process other = shop.ferry->start_another();
    shop.ferry->follow_other();
    hook.fail(false);
    REQUIRE(eventually([&] { return hook.ids().size() == 2; }));
    insert(shop, "a", 3);
    REQUIRE(eventually([&] { return hook.ids().size() == 3; }));
    shop.ferry->process().signal(SIGCONT);
    const auto exit = shop.ferry->process().wait(seconds(60));
    REQUIRE(exit);
    CHECK(exit->code == 3);
    insert(shop, "b", 1);
    REQUIRE(eventually([&] { return hook.ids().size() == 4; }));
    other.signal(SIGTERM);
    CHECK(other.wait(seconds(60)) == Exit{0, 0});
    check_in_order_and_signed(hook);
}
