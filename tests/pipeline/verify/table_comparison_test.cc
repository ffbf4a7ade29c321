#include "pipeline/verify/table_comparison.h"

#include <algorithm>
#include <map>

#include "tests/support/catch.h"

using namespace walferry;

namespace {

/// Rows in memory: key and contents, each hashed by itself.
class ListedRows : public RowSide {
 public:
    std::vector<FoundRow> rows;
    int scans = 0;

    Status sum(BucketSums& to) override {
        for (const FoundRow& row : rows) to.add(row.key_hash & to.mask(), 1, row.row_hash);
        return success();
    }
    Status find(const BucketSet& buckets, const TakeFound& take) override {
        ++scans;
        for (const FoundRow& row : rows) {
            if (buckets.has(row.key_hash)) take(row);
        }
        return success();
    }
    Status look_up(std::span<const WantedRow>, TextWish, const TakeSeen&) override { return success(); }
};

std::uint64_t spread(std::uint64_t number) {
    return (number + 1) * 0x9e3779b97f4a7c15u;
}

FoundRow row_of(std::uint64_t key, std::uint64_t contents = 0) {
    return {spread(key), spread(key) ^ spread(contents + 7'000'000), std::to_string(key)};
}

struct Compared {
    ListedRows source, target;
    bool keyed = true;

    Compared(std::uint64_t rows) {
        for (std::uint64_t i = 0; i < rows; ++i) source.rows.push_back(row_of(i));
        target.rows = source.rows;
        std::reverse(target.rows.begin(), target.rows.end());
    }
    std::vector<std::string> differing() {
        TableComparison comparison({source, target, [] { return success(); }, keyed});
        std::vector<std::string> keys;
        const Status compared = comparison.run([&](std::vector<WantedRow> rows) -> Status {
            for (const WantedRow& row : rows) keys.push_back(keyed ? row.key : std::to_string(row.key_hash));
            return success();
        });
        REQUIRE(compared);
        std::sort(keys.begin(), keys.end());
        return keys;
    }
};

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("two sides with the same rows in another order are read once") {
    Compared compared(100'000);
    CHECK(compared.differing() == Keys());
    CHECK(compared.source.scans == 0);
    CHECK(compared.target.scans == 0);
}

TEST_CASE("a missing, an extra, a changed and a doubled row are found by their keys") {
    Compared compared(10'000);
    std::erase_if(compared.target.rows, [](const FoundRow& row) { return row.key == "17"; });
    compared.target.rows.push_back(row_of(20'000));
    for (FoundRow& row : compared.target.rows) {
        if (row.key == "42") row = row_of(42, 1);
    }
    compared.target.rows.push_back(row_of(99));
    CHECK(compared.differing() == Keys{"17", "20000", "42", "99"});
    CHECK(compared.source.scans == 1);
}

TEST_CASE("where everything differs, some of it is looked at at a time, and none is lost") {
    Compared compared(300'000);
    for (FoundRow& row : compared.target.rows) ++row.row_hash;
    CHECK(compared.differing().size() == 300'000);
    CHECK(compared.source.scans > 1);
}

TEST_CASE("without key rows are counted, equal ones together") {
    Compared compared(0);
    compared.keyed = false;
    const auto counted = [](std::uint64_t contents, int copies, ListedRows& side) {
        for (int i = 0; i < copies; ++i) side.rows.push_back({spread(contents), spread(contents), ""});
    };
    counted(1, 3, compared.source), counted(1, 3, compared.target);
    counted(2, 2, compared.source), counted(2, 3, compared.target);
    counted(3, 1, compared.source);
    Keys expected{std::to_string(spread(2)), std::to_string(spread(3))};
    std::sort(expected.begin(), expected.end());
    CHECK(compared.differing() == expected);
}
