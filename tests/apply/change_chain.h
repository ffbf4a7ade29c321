#pragma once

#include <rapidcheck.h>

#include <cstdlib>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/apply/plans.h"

namespace walferry::testing {

/// One step of a chain of changes, in numbers alone: what it does depends on what the table holds then, so
/// that a chain stays a valid one while rapidcheck takes steps out of it.
struct ChainStep {
    enum class Kind {
        Put,       ///< inserts the key, or updates it where it is there
        Move,      ///< gives the row of `key` the key `other`, where that is free
        Swap,      ///< exchanges two keys by way of a third
        Delete,    ///< where the key is there
        Truncate,  ///< and the step's own row is not put back
        Commit,
        CutBatch  ///< commits, and the next change begins a new batch
    };
    Kind kind = Kind::Put;
    int key = 0, other = 0;
    int v = 0, a = 0, b = 0;                ///< new values; 0 is NULL
    bool keeps_a = false, keeps_b = false;  ///< an unchanged TOAST value, where the old one is not NULL
    int clock = 0;                          ///< of a commit: how far the source's clock went, or fell back

    bool ends_transaction() const { return kind == Kind::Commit || kind == Kind::CutBatch; }
};
using Chain = std::vector<ChainStep>;

void showValue(const ChainStep& step, std::ostream& out);

using Text = std::optional<std::string>;
/// k, a, v, b: in the order in which a plan of the table loads them.
using ChainRow = std::vector<Text>;
using ChainRows = std::map<std::string, ChainRow>;

/// The source's table (a text, k text, v text, b text; key k), as simple as can be.
class ChainTable {
 public:
    explicit ChainTable(bool full) : full_(full) {}

    /// Takes the step, and says what the stream carries of it.
    std::vector<OwnedEvent> take(const ChainStep& step);
    const ChainRows& rows() const { return rows_; }
    PlanSpec plan_spec() const;

 private:
    OwnedEvent update(const std::string& from, const std::string& to, const ChainStep& step);

    bool full_;
    ChainRows rows_;
};

/// The fields of a load row, NULL and its text; a field without a value is left as `unchanged` says.
ChainRow fields_of(std::string_view row, const ChainRow* unchanged);

/// rapidcheck's check with a fixed seed and so many cases, unless RC_PARAMS says otherwise
/// (RC_PARAMS="max_success=100000" alone draws a new seed).
template <class Property>
bool holds(const std::string& description, Property&& property, int cases = 300) {
    const char* given = std::getenv("RC_PARAMS");
    if (given == nullptr) setenv("RC_PARAMS", ("seed=20 max_success=" + std::to_string(cases)).c_str(), 1);
    const bool held = rc::check(description, std::forward<Property>(property));
    if (given == nullptr) unsetenv("RC_PARAMS");
    return held;
}

}  // namespace walferry::testing

template <>
struct rc::Arbitrary<walferry::testing::ChainStep> {
    static rc::Gen<walferry::testing::ChainStep> arbitrary();
};
