#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/publish/recorded_events.h"

namespace walferry::publish {

/// Two values, numbers by value.
bool same_value(const nlohmann::json& theirs, const nlohmann::json& ours);

/// Compares what was made with what Debezium made. What may differ stands in one table, in deviations.cc; an
/// entry that nothing needed is reported, too.
class Comparison {
 public:
    /// Where two values stand.
    struct Place {
        std::string topic;
        std::string part;  ///< before, after, schema, key, …
        std::string op = {};
        std::string column = {};
    };

    /// `truncates`: the recorded set has truncates.
    Comparison(const EventTopics& theirs, const EventTopics& ours, bool truncates);

    const std::vector<std::string>& differences() const { return differences_; }
    std::size_t compared_events() const { return compared_; }
    /// Names of the table's entries that were needed.
    const std::set<std::string>& used() const { return used_; }

 private:
    void compare_record(const EventRecord& theirs, const EventRecord& ours);
    void compare_event(const EventRecord& theirs, const EventRecord& ours);
    void compare_schemas(nlohmann::json theirs, nlohmann::json ours);
    void compare_row(const std::string& image, const EventRecord& theirs, const EventRecord& ours);
    void compare_fields(const EventRecord& theirs, const EventRecord& ours);
    void check(const Place& place, const nlohmann::json& theirs, const nlohmann::json& ours);

    std::string topic_;
    std::vector<std::string> differences_;
    std::set<std::string> used_;
    std::size_t compared_ = 0;
};

/// Names of all entries of the table.
std::set<std::string> all_deviations();

}  // namespace walferry::publish
