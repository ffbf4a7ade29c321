#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace walferry {

/// What `topics` of a Kafka source says: names, globs (* ? [set], \ quotes) on whole names, and regular
/// expressions (POSIX extended, as librdkafka takes them), which begin with ^.
class TopicPatterns {
 public:
    /// Kind Configuration, naming the pattern, when one can't be read or there is none.
    static Result<TopicPatterns> parse(const std::vector<std::string>& patterns);

    /// For rd_kafka_subscribe: names as they are, the rest as regular expressions.
    const std::vector<std::string>& subscription() const { return subscription_; }

    /// The names among the patterns.
    std::vector<std::string> names() const;

    bool matches(const std::string& topic) const;

 private:
    std::vector<std::string> subscription_;
};

/// The regular expression that matches what `glob` does.
std::string regex_of_glob(std::string_view glob);

}  // namespace walferry
