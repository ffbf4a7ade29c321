#pragma once

#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/change.h"
#include "tests/apply/change_chain.h"

namespace walferry::testing {

struct Version {
    ChainRow row;
    PgTime from = 0;
    std::optional<PgTime> to;
    std::uint64_t lsn = 0;

    bool operator==(const Version&) const = default;
};
using Versions = std::map<std::string, std::vector<Version>>;

void showValue(const Version& version, std::ostream& out);

/// Tells versions apart by the fields at these places of a row.
using Tracked = std::vector<std::size_t>;

bool tracks_alike(const Tracked& tracked, const ChainRow& one, const ChainRow& other);

/// A history by its definition: after each transaction, what is there is compared with what was.
class PlainHistory {
 public:
    explicit PlainHistory(Tracked tracked) : tracked_(std::move(tracked)) {}

    void commit(const ChainRows& now, const Transaction& transaction);
    const Versions& versions() const { return versions_; }

 private:
    Tracked tracked_;
    ChainRows rows_;
    Versions versions_;
};

/// The transactions of a chain, one more than it ends: the stream tells a commit time with the first change.
std::vector<Transaction> transactions_of(const Chain& chain, bool clock_steps_back);

}  // namespace walferry::testing
