#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

constexpr const char* contract_check_tables =
    "CREATE TABLE orders (id integer PRIMARY KEY, status text, total numeric(12,2), email text, at "
    "timestamptz);"
    "INSERT INTO orders SELECT g, 'paid', g, 'a' || g || '@example.com', '2024-05-01 00:00+00' FROM "
    "generate_series(1, 1000) g;"
    "UPDATE orders SET status = NULL WHERE id IN (5, 7); UPDATE orders SET status = 'lost' WHERE id > 992;"
    "UPDATE orders SET total = -1 WHERE id = 3; UPDATE orders SET total = 'NaN' WHERE id = 4;"
    "UPDATE orders SET email = 'clearvalue' WHERE id = 9; UPDATE orders SET at = '2023-12-31 23:59:59+00' "
    "WHERE id = 11;"
    "CREATE TABLE part (region text, id bigint, v integer, PRIMARY KEY (region, id)) PARTITION BY LIST "
    "(region);"
    "CREATE TABLE part_a PARTITION OF part FOR VALUES IN ('a');"
    "CREATE TABLE part_b PARTITION OF part FOR VALUES IN ('b');"
    "INSERT INTO part VALUES ('a', 1, 1), ('b', 2, 99), ('b', 3, 5);"
    "CREATE TABLE keyless (v integer); ALTER TABLE keyless REPLICA IDENTITY FULL;"
    "INSERT INTO keyless VALUES (1), (NULL);";

constexpr const char* contract_check_rules = R"(  - match: public.orders
    mode: upsert
    hash_columns: [email]
    contract:
      required: [id]
      columns:
        status: { not_null: true, accepted_values: [new, paid] }
        total: { range: [0, null], type: numeric }
        email: { matches: '@example\.com$' }
        at: { range: [2024-01-01, null] }
  - match: public.part
    mode: upsert
    contract: { columns: { v: { range: [0, 10] } } }
  - match: public.keyless
    mode: upsert
    contract: { columns: { v: { not_null: true } } }
)";

void edit_config(const Shop& shop, const std::string& what, const std::string& with) {
    std::string text = read_file(shop.ferry->config());
    REQUIRE(text.find(what) != std::string::npos);
    text.replace(text.find(what), what.size(), with);
    write_file(shop.ferry->config(), text);
}

}  // namespace

TEST_CASE("check --contracts runs the rules over the source's rows, and names keys of those that break them",
          "[contracts]") {
    setenv("WALFERRY_HASH_KEY", "s3cret", 1);
    Shop shop(Target::DuckDb, {.tables = contract_check_rules});
    shop.sql(contract_check_tables);
    const Completed text = shop.ferry->command("check", {"--contracts"});
    INFO(text.err);
    CHECK(text.exit == Exit{1, 0});
    CHECK(text.out ==
          "violated public.keyless v not_null: 1 of 2 rows\n"
          "violated public.orders status not_null: 2 of 1000 rows, such as {\"id\": 5}, {\"id\": 7}\n"
          "violated public.orders status accepted_values: 8 of 1000 rows, such as {\"id\": 993}, {\"id\": "
          "994}, "
          "{\"id\": 995}, {\"id\": 996}, {\"id\": 997}\n"
          "violated public.orders total range: 2 of 1000 rows, such as {\"id\": 3}, {\"id\": 4}\n"
          "violated public.orders email matches: 1 of 1000 rows, such as {\"id\": 9}\n"
          "violated public.orders at range: 1 of 1000 rows, such as {\"id\": 11}\n"
          "violated public.part v range: 1 of 3 rows, such as {\"region\": \"b\", \"id\": 2}\n");

    const Completed json = shop.ferry->command("check", {"--contracts", "--json"});
    CHECK(json.exit == Exit{1, 0});
    const auto report = nlohmann::json::parse(json.out);
    REQUIRE(report["tables"].size() == 3);
    CHECK(report["tables"][1]["table"] == "public.orders");
    CHECK(report["tables"][1]["rows"] == 1000);
    CHECK(report["tables"][1]["rules"][0]["violations"] == 2);
    CHECK(report["tables"][1]["rules"][0]["examples"][1] == nlohmann::json{{"id", 7}});
    CHECK((text.out + json.out + text.err).find("clearvalue") == std::string::npos);

    shop.sql(
        "DELETE FROM keyless WHERE v IS NULL; DELETE FROM part WHERE v = 99; DELETE FROM orders WHERE id IN "
        "(3, 4, 5, 7, 9, 11) OR id > 992");
    const Completed good = shop.ferry->command("check", {"--contracts"});
    CHECK(good.exit == Exit{});
    CHECK(good.out.find("violated") == std::string::npos);
    CHECK(good.out.find("ok public.orders total range: 0 of 986 rows\n") != std::string::npos);
    CHECK(shop.value("SELECT count(*) FROM pg_publication") == "0");
    CHECK(shop.value("SELECT count(*) FROM pg_replication_slots") == "0");
    CHECK_FALSE(std::filesystem::exists(shop.ferry->duckdb_path()));
}

TEST_CASE("a contract that names a column nobody has is exit 2 at its line, before anything is made",
          "[contracts]") {
    setenv("WALFERRY_HASH_KEY", "s3cret", 1);
    Shop shop(Target::DuckDb, {.tables = contract_check_rules});
    shop.sql(contract_check_tables);
    edit_config(shop, "        at: {", "        when: {");
    const std::string line = shop.ferry->config().string() +
                             ":17: tables[0].contract.columns.when: no table that \"public.orders\" matches";
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{}, std::vector<std::string>{"--contracts"}}) {
        const Completed checked = shop.ferry->command("check", arguments);
        CHECK(checked.exit == Exit{arguments.empty() ? 1 : 2, 0});
        CHECK((checked.out + checked.err).find(line) != std::string::npos);
    }
    const Completed refused = shop.ferry->command("run", {}, seconds(5));
    INFO(refused.err);
    CHECK(refused.exit == Exit{2, 0});
    CHECK(refused.err.find(line) != std::string::npos);
    CHECK(shop.value("SELECT count(*) FROM pg_replication_slots") == "0");
}

TEST_CASE("a table whose shape breaks its contract is an error of check and stops run, or a warning",
          "[contracts]") {
    setenv("WALFERRY_HASH_KEY", "s3cret", 1);
    Shop shop(Target::DuckDb, {.tables = contract_check_rules});
    shop.sql(contract_check_tables);
    edit_config(shop, "type: numeric }", "type: bigint }");
    edit_config(shop, "required: [id]", "required: [id, customer]");
    const Completed checked = shop.ferry->command("check");
    CHECK(checked.exit == Exit{1, 0});
    for (const char* message :
         {"error public.orders: breaks its contract: column total is numeric(12,2), but "
          "the contract says bigint",
          "column customer is not there, but the contract names it"})
        CHECK(checked.out.find(message) != std::string::npos);
    CHECK(shop.ferry->command("check", {"--contracts"}).out.find("\nviolated public.orders: column total") !=
          std::string::npos);
    CHECK(shop.ferry->command("run", {}, seconds(5)).exit == Exit{3, 0});
    edit_config(shop, "required: [id, customer]", "required: [id, customer]\n      on_violation: warn");
    edit_config(shop, "{ columns: { v: { range", "{ on_violation: warn, columns: { v: { range");
    edit_config(shop, "{ columns: { v: { not_null", "{ on_violation: warn, columns: { v: { not_null");
    const Completed warned = shop.ferry->command("check");
    CHECK(warned.exit == Exit{});
    CHECK(warned.out.find("warning public.orders: breaks its contract") != std::string::npos);
}
