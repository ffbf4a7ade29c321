#include "publish/topic_names.h"

#include <algorithm>
#include <map>

namespace walferry::publish {

std::string sanitized_topic(std::string_view text) {
    std::string topic;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        const bool allowed = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                             (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
        const bool continues = (byte & 0xC0) == 0x80;
        if (allowed) {
            topic += letter;
        } else if (!continues) {
            topic += byte >= 0xF0 ? "__" : "_";
        }
    }
    return topic;
}

std::string table_topic(std::string_view prefix, const TableName& table) {
    return sanitized_topic(std::string(prefix) + "." + table.schema + "." + table.table);
}

std::string message_topic(std::string_view prefix) {
    return sanitized_topic(std::string(prefix) + ".message");
}

std::string transaction_topic(std::string_view prefix) {
    return sanitized_topic(std::string(prefix) + ".transaction");
}

std::string heartbeat_topic(std::string_view prefix) {
    return sanitized_topic("__debezium-heartbeat." + std::string(prefix));
}

std::vector<TopicCollision> find_topic_collisions(std::string_view prefix,
                                                  std::span<const TableName> tables) {
    std::map<std::string, std::vector<TableName>> by_topic;
    for (const TableName& table : tables) by_topic[table_topic(prefix, table)].push_back(table);
    std::vector<TopicCollision> collisions;
    for (auto& [topic, sharing] : by_topic) {
        if (sharing.size() < 2) continue;
        std::sort(sharing.begin(), sharing.end());
        collisions.push_back({topic, sharing});
    }
    return collisions;
}

}  // namespace walferry::publish
