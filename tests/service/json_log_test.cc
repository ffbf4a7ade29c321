#include <nlohmann/json.hpp>

#include "service/logging.h"
#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("a log line is one line of JSON whatever the message holds") {
    const std::chrono::system_clock::time_point time{std::chrono::milliseconds{1'700'000'000'042}};
    const std::string message = "a \"quoted\" path C:\\x\nsecond line\t\x01 ü \xff end";
    const std::string line = json_log_line({time, "warning", message, "shop"});
    CHECK(line.find('\n') == std::string::npos);
    const auto json = nlohmann::json::parse(line);
    CHECK(json["ts"] == "2023-11-14T22:13:20.042Z");
    CHECK(json["level"] == "warn");
    CHECK(json["pipeline"] == "shop");
    CHECK(json["message"] == "a \"quoted\" path C:\\x\nsecond line\t\x01 ü \xEF\xBF\xBD end");
    CHECK(json.size() == 4);
}
