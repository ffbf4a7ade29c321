#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace walferry::publish {

/// A table by its name at the source.
struct TableName {
    std::string schema;
    std::string table;

    auto operator<=>(const TableName&) const = default;
};

/// `text` with each character that Kafka does not allow in a topic as `_`. As with Debezium, characters are
/// those of UTF-16: one beyond U+FFFF becomes two.
std::string sanitized_topic(std::string_view text);

/// <prefix>.<schema>.<table>. It is also what names of the table's schemas begin with.
std::string table_topic(std::string_view prefix, const TableName& table);
std::string message_topic(std::string_view prefix);      ///< of logical messages
std::string transaction_topic(std::string_view prefix);  ///< of BEGIN and END records
std::string heartbeat_topic(std::string_view prefix);

struct TopicCollision {
    std::string topic;
    /// Those that would share it, in order.
    std::vector<TableName> tables;
};

/// Topics that would get the events of more than one table. Pairwise different tables in, empty when all is
/// well.
std::vector<TopicCollision> find_topic_collisions(std::string_view prefix, std::span<const TableName> tables);

}  // namespace walferry::publish
