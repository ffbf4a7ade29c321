#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Rules for names and places around Kafka. Each function says what is wrong and what is allowed; empty
/// means that the value is good.
namespace walferry {

/// Kafka's rule: 1 to 249 of letters, digits, . _ and -, but neither . nor ..
std::optional<std::string> topic_problem(std::string_view name);

/// Debezium's rule of topic.prefix. The longest topic that walferry makes by itself must fit behind it.
std::optional<std::string> topic_prefix_problem(std::string_view prefix);

/// http or https; with user and password, if need be. The value is not repeated.
std::optional<std::string> registry_problem(const std::string& url);

/// A raw `schema.table`.
std::optional<std::string> table_name_problem(std::string_view name);

std::optional<std::string> brokers_problem(std::string_view brokers);

}  // namespace walferry
