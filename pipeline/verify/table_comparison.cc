#include "pipeline/verify/table_comparison.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace walferry {
namespace {

/// Rows of both sides that are held at a time.
constexpr std::uint64_t rows_a_pass = 400'000;
constexpr std::size_t candidates_at_once = 20'000;

/// Few, so that a server's sums stay in its processor's cache: with 32 times as many it reads half as fast.
constexpr std::uint64_t buckets_at_first = 1024;

/// For when rows that are under way are in most of those.
std::uint64_t many_buckets(std::uint64_t rows) {
    constexpr std::uint64_t rows_a_bucket = 16, buckets_max = 1u << 18;
    return std::bit_ceil(std::clamp(rows / rows_a_bucket, buckets_at_first, buckets_max));
}

std::uint64_t differing_rows(const BucketSums& source, const BucketSums& target) {
    std::uint64_t rows = 0;
    for (std::uint64_t i = 0; i < source.size(); ++i) {
        if (!source.is_equal(target, i)) rows += source.count(i) + target.count(i);
    }
    return rows;
}

/// Buckets that differ, as sets of not too many rows.
std::vector<BucketSet> passes(const BucketSums& source, const BucketSums& target) {
    std::vector<BucketSet> sets;
    std::uint64_t rows = rows_a_pass;
    for (std::uint64_t i = 0; i < source.size(); ++i) {
        if (source.is_equal(target, i)) continue;
        const std::uint64_t more = source.count(i) + target.count(i);
        if (rows + more > rows_a_pass) {
            sets.push_back({std::vector<bool>(source.size()), source.mask()});
            rows = 0;
        }
        sets.back().wanted[i] = true;
        rows += more;
    }
    return sets;
}

using Rows = std::vector<FoundRow>;

/// The end of the rows that have the key of the row at `from`.
std::size_t end_of_key(const Rows& rows, std::size_t from) {
    std::size_t end = from;
    while (end < rows.size() && rows[end].key_hash == rows[from].key_hash) ++end;
    return end;
}

/// Keys of which the two sides have not exactly one equal row each. Both are sorted by key.
std::vector<WantedRow> mismatches(Rows& source, Rows& target) {
    std::vector<WantedRow> found;
    for (std::size_t s = 0, t = 0; s < source.size() || t < target.size();) {
        const bool in_source =
            s < source.size() && (t == target.size() || source[s].key_hash <= target[t].key_hash);
        const bool in_target =
            t < target.size() && (s == source.size() || target[t].key_hash <= source[s].key_hash);
        const std::size_t s_end = in_source ? end_of_key(source, s) : s;
        const std::size_t t_end = in_target ? end_of_key(target, t) : t;
        const bool equal = s_end - s == 1 && t_end - t == 1 && source[s].row_hash == target[t].row_hash;
        if (!equal) {
            FoundRow& row = in_source ? source[s] : target[t];
            found.push_back({row.key_hash, std::move(row.key)});
        }
        s = s_end, t = t_end;
    }
    return found;
}

void sort_by_key(Rows& rows) {
    std::sort(rows.begin(), rows.end(),
              [](const FoundRow& left, const FoundRow& right) { return left.key_hash < right.key_hash; });
}

Status hand_on(std::vector<WantedRow> rows, const TableComparison::TakeCandidates& take) {
    for (std::size_t from = 0; from < rows.size(); from += candidates_at_once) {
        const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(from);
        const auto size = static_cast<std::ptrdiff_t>(std::min(candidates_at_once, rows.size() - from));
        WALFERRY_TRYV(take({std::make_move_iterator(begin), std::make_move_iterator(begin + size)}));
    }
    return success();
}

}  // namespace

Status TableComparison::sum(BucketSums& source, BucketSums& target) {
    WALFERRY_TRYV(parts_.source.sum(source));
    WALFERRY_TRYV(parts_.catch_up());
    WALFERRY_TRYV(parts_.target.sum(target));
    source_rows_ = source.rows();
    target_rows_ = target.rows();
    return success();
}

Status TableComparison::run(const TakeCandidates& take) {
    BucketSums source(buckets_at_first), target(buckets_at_first);
    WALFERRY_TRYV(sum(source, target));
    if (differing_rows(source, target) > rows_a_pass) {
        source = target = BucketSums(many_buckets(source.rows()));
        WALFERRY_TRYV(sum(source, target));
    }
    for (const BucketSet& buckets : passes(source, target)) {
        WALFERRY_TRYV(parts_.keyed ? compare(buckets, take) : compare_counted(buckets, take));
    }
    return success();
}

Status TableComparison::compare(const BucketSet& buckets, const TakeCandidates& take) {
    Rows source, target;
    WALFERRY_TRYV(parts_.source.find(buckets, [&](FoundRow row) { source.push_back(std::move(row)); }));
    WALFERRY_TRYV(parts_.catch_up());
    WALFERRY_TRYV(parts_.target.find(buckets, [&](FoundRow row) { target.push_back(std::move(row)); }));
    sort_by_key(source);
    sort_by_key(target);
    return hand_on(mismatches(source, target), take);
}

/// Without key equal rows are one entry, for there may be any number of them.
Status TableComparison::compare_counted(const BucketSet& buckets, const TakeCandidates& take) {
    std::unordered_map<std::uint64_t, std::int64_t> surplus;
    WALFERRY_TRYV(parts_.source.find(buckets, [&](const FoundRow& row) { ++surplus[row.row_hash]; }));
    WALFERRY_TRYV(parts_.catch_up());
    WALFERRY_TRYV(parts_.target.find(buckets, [&](const FoundRow& row) { --surplus[row.row_hash]; }));
    std::vector<WantedRow> rows;
    for (const auto& [hash, count] : surplus) {
        if (count != 0) rows.push_back({hash, ""});
    }
    return hand_on(std::move(rows), take);
}

}  // namespace walferry
