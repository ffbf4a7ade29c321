#include "pipeline/verify/candidate_judge.h"

#include <map>

#include "tests/support/catch.h"

using namespace walferry;

namespace {

/// A row of one key, `contents` at this version.
struct Row {
    std::uint64_t contents = 0;
    std::string version;
};
using Rows = std::map<std::uint64_t, std::vector<Row>>;

/// Source and target in memory; hooks say what happens between the steps of a round.
struct World {
    Rows source, target;
    std::uint64_t position = 1000;
    std::function<void(int look)> before_source_look = [](int) {};
    std::function<void()> at_fence = [] {};
    int writers_left = 0;  ///< how often a writer is still seen
    std::function<void()> writers_gone = [] {};
    bool runs = true;
    int looks = 0;
};

class WorldSide : public RowSide {
 public:
    WorldSide(World& world, bool is_source) : world_(world), is_source_(is_source) {}
    Status sum(BucketSums&) override { return success(); }
    Status find(const BucketSet&, const TakeFound&) override { return success(); }
    Status look_up(std::span<const WantedRow> rows, TextWish, const TakeSeen& take) override {
        if (is_source_) world_.before_source_look(world_.looks++);
        for (const WantedRow& row : rows) {
            for (const Row& found : (is_source_ ? world_.source : world_.target)[row.key_hash])
                take(row.key_hash, {{row.key_hash, found.contents}, found.version, {}});
        }
        return success();
    }

 private:
    World& world_;
    bool is_source_;
};

class WorldQuery : public SourceQuery {
 public:
    explicit WorldQuery(World& world) : world_(world) {}
    Result<TextRows> rows(const std::string&) override { return TextRows(); }
    int server_version() const override { return 150000; }
    Result<Lsn> insert_position() override { return Lsn{world_.position++}; }
    Result<std::vector<SourceHeap>> heaps(const SourceTable&) override { return std::vector<SourceHeap>(); }
    Result<std::string> writers(const SourceTable&) override {
        return world_.writers_left > 0 ? std::string("{3/7}") : std::string();
    }
    Result<bool> any_left(const std::string& writers, const SourceTable&) override {
        if (writers.empty()) return false;
        if (--world_.writers_left > 0) return true;
        world_.writers_gone();
        return false;
    }
    void interrupt() override {}

 private:
    World& world_;
};

class WorldFence : public Fence {
 public:
    explicit WorldFence(World& world) : world_(world) {}
    Result<bool> pass(Lsn) override {
        world_.at_fence();
        return world_.runs;
    }

 private:
    World& world_;
};

struct Verdict {
    std::vector<std::string> found;
    std::uint64_t undecided = 0;
};

Verdict judge(World& world, std::size_t key_count = 1) {
    WorldSide source(world, true), target(world, false);
    WorldQuery query(world);
    WorldFence fence(world);
    ComparedTable table;
    table.key_count = key_count;
    CandidateJudge judge({source,
                          target,
                          query,
                          fence,
                          table,
                          [](const std::string& text) { return Lsn{text.empty() ? 0 : std::stoull(text)}; },
                          [] { return success(); },
                          {},
                          std::chrono::milliseconds(1)});
    Verdict verdict;
    const char* names[] = {"missing", "extra", "changed"};
    const Status judged = judge.judge({{5, ""}}, [&](const JudgedRow& row) -> Status {
        for (std::uint64_t copy = 0; copy < row.copies; ++copy)
            verdict.found.emplace_back(names[static_cast<int>(row.kind)]);
        return success();
    });
    REQUIRE(judged);
    verdict.undecided = judge.undecided();
    return verdict;
}

using Found = std::vector<std::string>;

}  // namespace

TEST_CASE("a row that stays and that the target lacks is missing, one with other contents is changed") {
    World world;
    world.source[5] = {{1, "v1"}};
    CHECK(judge(world).found == Found{"missing"});
    world.target[5] = {{2, "10"}};
    CHECK(judge(world).found == Found{"changed"});
}

TEST_CASE("a row that is equal once the warehouse has caught up is no difference") {
    World world;
    world.source[5] = {{1, "v1"}};
    world.at_fence = [&] { world.target[5] = {{1, "10"}}; };
    CHECK(judge(world).found.empty());
}

TEST_CASE("a delete that the target has already and the first look had not is no difference") {
    World world;
    world.source[5] = {{1, "v1"}};
    world.before_source_look = [&](int look) {
        if (look == 1) world.source.clear();
    };
    CHECK(judge(world).found.empty());
}

TEST_CASE("a change that is in the target and waits to become visible at the source is no difference") {
    World world;
    world.source[5] = {{1, "v1"}};
    world.target[5] = {{2, "10"}};
    world.before_source_look = [&](int look) {
        if (look == 0) world.writers_left = 5;  // it holds its lock from before the second look on
    };
    world.writers_gone = [&] { world.source[5] = {{2, "v2"}}; };
    CHECK(judge(world).found.empty());
}

TEST_CASE("an old row that the source lacks is extra at once") {
    World world;
    world.target[5] = {{1, "10"}};
    CHECK(judge(world).found == Found{"extra"});
    CHECK(world.looks == 2);
}

TEST_CASE("a row that was inserted and deleted between the looks is no difference") {
    World world;
    int fences = 0;
    world.at_fence = [&] {
        world.target.clear();
        if (++fences == 1) world.target[5] = {{1, std::to_string(world.position + 5)}};
    };
    CHECK(judge(world).found.empty());
}

TEST_CASE("a row without a sensible position is extra once it has stayed") {
    for (const char* version : {"", "99999999"}) {
        World world;
        world.target[5] = {{1, version}};
        CHECK(judge(world).found == Found{"extra"});
        CHECK(world.looks > 2);
    }
}

TEST_CASE("a row that changes all the time is undecided, not different") {
    World world;
    world.source[5] = {{1, "v1"}};
    world.target[5] = {{0, "10"}};
    world.before_source_look = [&](int look) {
        world.source[5] = {{static_cast<std::uint64_t>(look) + 2, "v" + std::to_string(look)}};
    };
    const Verdict verdict = judge(world);
    CHECK(verdict.found.empty());
    CHECK(verdict.undecided == 1);
}

TEST_CASE("a key that is twice in the target is extra when one of the two is right, else changed") {
    World world;
    world.source[5] = {{1, "v1"}};
    world.target[5] = {{1, "10"}, {2, "10"}};
    CHECK(judge(world).found == Found{"extra"});
    world.target[5] = {{3, "10"}, {2, "10"}};
    CHECK(judge(world).found == Found{"changed"});
}

TEST_CASE("without key equal rows are counted") {
    World world;
    world.source[5] = {{1, "a"}, {1, "b"}, {1, "c"}};
    world.target[5] = {{1, ""}};
    CHECK(judge(world, 0).found == Found{"missing", "missing"});
    world.target[5] = {{1, ""}, {1, ""}, {1, ""}, {1, ""}};
    CHECK(judge(world, 0).found == Found{"extra"});
}

TEST_CASE("where nobody moves the warehouse it is compared as it stands") {
    World world;
    world.runs = false;
    world.source[5] = {{1, "v1"}};
    CHECK(judge(world).found == Found{"missing"});
    CHECK(world.looks == 1);
}
