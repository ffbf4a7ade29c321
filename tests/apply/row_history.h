#pragma once

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/apply/plans.h"

namespace walferry::testing {

/// A source table that lives: makes random but valid changes over a handful of keys, as the stream would
/// carry them, and keeps what the table really holds, with every unchanged value resolved at once.
///
/// The table: a text, id bigint, n bigint, region text, b text; key (id, region). Any text may be an
/// unchanged TOAST value, that of the key included.
class RowHistory {
 public:
    RowHistory(unsigned seed, ReplicaIdentity identity) : random_(seed), identity_(identity) {}

    /// All columns travel as text when `all_text`.
    PlanSpec plan_spec(bool all_text) const;

    /// Changes of about so many rows; truncates among them when wanted.
    std::vector<OwnedEvent> next_events(int count, bool with_truncates);

    /// The table's rows as `id|region|a|n|b` (the plan's load order), sorted.
    std::vector<std::string> lines() const;

 private:
    using Key = std::pair<std::string, std::string>;  ///< id, region
    struct Values {
        std::optional<std::string> a, b;
        std::string n;
    };

    unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
    Key random_key();
    Key some_present_key();
    std::optional<std::string> random_text();
    Cells cells(const Key& key, const Values& values) const;
    void add_insert(std::vector<OwnedEvent>& events);
    void add_update(std::vector<OwnedEvent>& events, const Key& from, const Key& to);
    void add_delete(std::vector<OwnedEvent>& events);
    void add_swap(std::vector<OwnedEvent>& events);

    std::mt19937 random_;
    ReplicaIdentity identity_;
    std::map<Key, Values> rows_;
    int serial_ = 0;
};

}  // namespace walferry::testing
