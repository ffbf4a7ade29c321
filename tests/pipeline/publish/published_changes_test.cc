#include "tests/pipeline/publish/publish_stand.h"
#include "tests/support/catch.h"
#include "tests/support/must.h"

#include <random>

namespace walferry::publish {
namespace {

using testing::must;
using Json = nlohmann::json;

/// What a consumer has who keeps the newest row of each key.
std::map<std::string, std::string> folded(const std::vector<SeenRecord>& records) {
    std::map<std::string, std::string> rows;
    for (const SeenRecord& record : records) {
        if (record.op() == "t") rows.clear();
        if (!record.key) continue;
        if (record.op() == "d") rows.erase(*record.key);
        if (record.op() == "r" || record.op() == "c" || record.op() == "u")
            rows[*record.key] = record.value["after"]["v"].dump();
    }
    return rows;
}

std::map<std::string, std::string> rows_of(const PublishStand& stand) {
    std::map<std::string, std::string> rows;
    const auto connection = stand.connect();
    pqxx::nontransaction work(*connection);
    for (const auto& row : work.exec("SELECT id, to_json(v) FROM kv"))
        rows["{\"id\":" + std::string(row[0].c_str()) + "}"] = row[1].is_null() ? "null" : row[1].c_str();
    return rows;
}

TEST_CASE("a snapshot and the changes after it are the source, under a random workload with restarts") {
    PublishStand stand("randomly");
    stand.exec("CREATE TABLE kv (id int PRIMARY KEY, v text)");
    stand.exec("INSERT INTO kv SELECT i, 'first ' || i FROM generate_series(1, 300) i");
    std::mt19937 random(7);
    const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    for (int round = 0; round < 4; ++round) {
        must(stand.publish());
        const auto connection = stand.connect();
        for (int i = 0; i < 60; ++i) {
            pqxx::work work(*connection);
            for (int change = pick(8); change >= 0; --change) {
                const std::string id = std::to_string(pick(400));
                const std::string text = "'" + std::to_string(round) + " " + std::to_string(i) + "'";
                const int kind = pick(100);
                if (kind < 40) {
                    work.exec("INSERT INTO kv VALUES (" + id + ", " + text +
                              ") ON CONFLICT (id) DO UPDATE SET v = " + text);
                } else if (kind < 70) {
                    work.exec("UPDATE kv SET v = " + text + " WHERE id = " + id);
                } else if (kind < 80) {
                    work.exec("UPDATE kv SET id = id + 1000 + " + std::to_string(round * 60 + i) +
                              "000 WHERE id = " + id);
                } else if (kind < 99) {
                    work.exec("DELETE FROM kv WHERE id = " + id);
                } else {
                    work.exec("TRUNCATE kv");
                }
            }
            if (pick(10) == 0) {
                work.abort();
            } else {
                work.commit();
            }
        }
    }
    must(stand.publish());
    const auto records = stand.records("public.kv");
    CHECK(folded(records) == rows_of(stand));
    std::uint64_t lsn = 0, reads = 0;
    bool grows = true;
    for (const SeenRecord& record : records) {
        if (record.value.is_null()) continue;
        grows = grows && record.lsn() >= lsn;
        lsn = record.lsn();
        reads += record.op() == "r" ? 1 : 0;
    }
    CHECK(grows);
    CHECK(reads == 300);
    CHECK(stand.confirmed() <= stand.checkpoint()->place.position);
}

}  // namespace
}  // namespace walferry::publish
