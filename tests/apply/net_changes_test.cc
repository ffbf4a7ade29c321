#include "apply/upsert/net_changes.h"

#include <algorithm>
#include <map>

#include "apply/row_fields.h"
#include "tests/apply/row_history.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;

namespace {

/// A target in memory that net changes are applied to as the table writer applies them, and that objects to
/// everything a real target would object to.
class MemoryTarget {
 public:
    void apply(TableBatch& batch) {
        if (upserted(batch).truncated()) rows_.clear();
        const std::map<std::string, std::vector<std::string>> old = rows_;
        for (const NetChange& change : upserted(batch).net().changes()) {
            // Whether a key existed has to be right, for it decides whether its row is loaded directly.
            REQUIRE(change.existed == old.contains(std::string(change.key)));
            if (change.existed) rows_.erase(std::string(change.key));
        }
        for (const NetChange& change : upserted(batch).net().changes()) {
            if (!change.present) continue;
            std::vector<std::string> fields = fields_of(change.row);
            if (change.has_unchanged) fill(fields, old.at(std::string(change.base)));
            REQUIRE(leading_fields(change.row, 2) == change.key);
            REQUIRE(rows_.emplace(std::string(change.key), fields).second);
        }
    }

    std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        for (const auto& [key, fields] : rows_) {
            std::string line;
            for (const std::string& field : fields) line += (line.empty() ? "" : "|") + shown(field);
            lines.push_back(line);
        }
        std::sort(lines.begin(), lines.end());
        return lines;
    }

 private:
    static std::vector<std::string> fields_of(std::string_view row) {
        std::vector<std::string> fields;
        for (FieldWalker walker(row); !walker.done();) fields.emplace_back(walker.next());
        return fields;
    }
    static void fill(std::vector<std::string>& fields, const std::vector<std::string>& base) {
        bool found = false;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (field_length(fields[i]) != unchanged_length) continue;
            fields[i] = base[i];
            found = true;
        }
        REQUIRE(found);
    }
    static std::string shown(const std::string& field) {
        REQUIRE(field_length(field) != unchanged_length);
        return field_length(field) == null_length ? "NULL" : field.substr(sizeof(std::int32_t));
    }

    std::map<std::string, std::vector<std::string>> rows_;
};

void check_history(unsigned seed, ReplicaIdentity identity) {
    RowHistory history(seed, identity);
    const auto table = table_of(plan_of(history.plan_spec(true)));
    const Relation relation = relation_of(*table->plans.front());
    MemoryTarget target;
    for (int batches = 0; batches < 6; ++batches) {
        Arena arena;
        TableBatch batch(table, false);
        for (const OwnedEvent& event : history.next_events(static_cast<int>(seed % 17) + 1, true)) {
            const Status added = add_to(batch, relation, event, arena);
            INFO((added ? "" : added.error().message));
            REQUIRE(added);
        }
        target.apply(batch);
        REQUIRE(target.lines() == history.lines());
    }
}

std::string row_of(const std::string& key, const std::string& value) {
    std::string row;
    for (const std::string& field : {key, value}) {
        char length[sizeof(std::int32_t)];
        store_big_endian(length, static_cast<std::int32_t>(field.size()));
        row.append(length, sizeof length).append(field);
    }
    return row;
}

std::string unchanged_row_of(const std::string& key) {
    std::string row = row_of(key, "");
    store_big_endian(row.data() + row.size() - sizeof(std::int32_t), unchanged_length);
    return row;
}

std::string key_of(const std::string& key) {
    return std::string(leading_fields(row_of(key, ""), 1));
}

}  // namespace

TEST_CASE("any chain of changes nets out to what the source table holds") {
    const ReplicaIdentity identity = GENERATE(ReplicaIdentity::Default, ReplicaIdentity::Full);
    for (unsigned seed = 1; seed <= 1000; ++seed) {
        CAPTURE(seed);
        check_history(seed, identity);
    }
}

TEST_CASE("a key that changes over and over does not fill the arena") {
    Arena arena;
    NetChanges net(1);
    net.insert(arena.copy(row_of("k", std::string(100, 'a'))), arena);
    const std::size_t once = arena.used_bytes();
    for (int i = 0; i < 1000; ++i) {
        const char letter = static_cast<char>('a' + i % 26);
        REQUIRE(net.update("", arena.copy(row_of("k", std::string(100, letter))), false, arena));
        if (i % 3 == 0) net.remove(key_of("k"), arena);
        if (i % 3 == 0) net.insert(arena.copy(row_of("k", "short again")), arena);
    }
    CHECK(arena.used_bytes() == once);
    REQUIRE(net.size() == 1);
    CHECK(net.changes()[0].is_new());
}

TEST_CASE("a key that changes over and over with unchanged fields does not fill the arena") {
    Arena arena;
    NetChanges net(1);
    net.insert(arena.copy(row_of("k", std::string(100, 'a'))), arena);
    const std::size_t once = arena.used_bytes();
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(net.update("", arena.copy(unchanged_row_of("k")), true, arena));
    }
    CHECK(arena.used_bytes() <= once + 200);
    CHECK_FALSE(net.changes()[0].has_unchanged);
    CHECK(net.changes()[0].row == row_of("k", std::string(100, 'a')));
}

TEST_CASE("an update of a row that was deleted in the same batch is a protocol error") {
    Arena arena;
    NetChanges net(1);
    net.remove(key_of("k"), arena);
    const Status updated = net.update("", arena.copy(row_of("k", "v")), false, arena);
    REQUIRE_FALSE(updated);
    CHECK(updated.error().kind == ErrorKind::Protocol);
}

TEST_CASE("an inserted and deleted row is nothing at all") {
    Arena arena;
    NetChanges net(1);
    net.insert(arena.copy(row_of("k", "v")), arena);
    net.remove(key_of("k"), arena);
    REQUIRE(net.size() == 1);
    CHECK(net.changes()[0].is_nothing());
}

TEST_CASE("a row that moves with unchanged fields names the key under which the target has them") {
    Arena arena;
    NetChanges net(1);
    REQUIRE(net.update(key_of("old"), arena.copy(unchanged_row_of("middle")), true, arena));
    REQUIRE(net.update(key_of("middle"), arena.copy(unchanged_row_of("new")), true, arena));
    REQUIRE(net.size() == 3);
    const NetChange& moved = net.changes()[2];
    CHECK(moved.key == key_of("new"));
    CHECK(moved.base == key_of("old"));
    CHECK(moved.is_moved());
    CHECK(moved.is_new());
}

TEST_CASE("thousands of keys keep their own rows") {
    Arena arena;
    NetChanges net(1);
    constexpr int keys = 5000;
    for (int i = 0; i < keys; ++i)
        net.insert(arena.copy(row_of(std::to_string(i), std::to_string(i))), arena);
    for (int i = 0; i < keys; i += 2) net.remove(key_of(std::to_string(i)), arena);
    REQUIRE(net.size() == keys);
    for (int i = 0; i < keys; ++i) {
        const NetChange& change = net.changes()[static_cast<std::size_t>(i)];
        REQUIRE(change.present == (i % 2 == 1));
        REQUIRE(change.row == row_of(std::to_string(i), std::to_string(i)));
    }
}

TEST_CASE("row counts are those of a multiset") {
    for (unsigned seed = 1; seed <= 2000; ++seed) {
        std::mt19937 random(seed);
        Arena arena;
        RowCounts counts;
        std::map<std::string, std::int64_t> expected;
        for (int i = 0; i < 40; ++i) {
            const std::string row = row_of(std::to_string(random() % 4), std::to_string(random() % 3));
            const std::int64_t count = random() % 2 == 0 ? 1 : -1;
            expected[row] += count;
            counts.add(arena.copy(row), row.size(), count, arena);
        }
        std::map<std::string, std::int64_t> got;
        for (const RowCount& count : counts.counts()) got[std::string(count.data)] += count.count;
        REQUIRE(got == expected);
        REQUIRE(counts.size() == expected.size());
    }
}

TEST_CASE("equal rows of a table without key do not fill the arena") {
    Arena arena;
    RowCounts counts;
    const std::string row = row_of("a", "b");
    for (int i = 0; i < 1000; ++i) counts.add(arena.copy(row), row.size(), +1, arena);
    CHECK(arena.used_bytes() == row.size());
    CHECK(counts.counts()[0].count == 1000);
    counts.clear();
    CHECK(counts.size() == 0);
}

TEST_CASE("a counted row carries the metadata of the change that added it") {
    Arena arena;
    RowCounts counts;
    const std::size_t data_bytes = row_of("a", "b").size();
    counts.add(arena.copy(row_of("a", "b") + "old"), data_bytes, -1, arena);
    counts.add(arena.copy(row_of("a", "b") + "new"), data_bytes, +1, arena);
    counts.add(arena.copy(row_of("a", "b") + "newest"), data_bytes, +1, arena);
    CHECK(counts.counts()[0].count == 1);
    CHECK(counts.counts()[0].row.substr(data_bytes) == "newest");
}

}  // namespace walferry
