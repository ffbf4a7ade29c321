#include "pipeline/alerts/alert_message.h"

#include <cctype>
#include <limits>
#include <nlohmann/json.hpp>

#include "model/utc_text.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace walferry {
namespace {

AlertMessage late() {
    AlertMessage message;
    message.pipeline = "shop";
    message.alert = "late";
    message.when = "lag_seconds > 60";
    message.value = 75.23456;
    message.since = from_unix_microseconds(1'772'356'527'000'042);
    message.at = message.since + 2'000'000;
    message.reason = "a & b <c>";
    message.runbook = "file:///r.md#late";
    message.host = "db1";
    return message;
}

}  // namespace

TEST_CASE("the body is what Slack takes, with our own fields beside its text") {
    CHECK(
        alert_json(late()) ==
        R"({"text":"[FIRING] walferry shop on db1: late (lag_seconds &gt; 60), now 75.235, since )"
        R"(2026-03-01T09:15:27.000042Z\na &amp; b &lt;c&gt;\nRunbook: file:///r.md#late","pipeline":"shop",)"
        R"("alert":"late","state":"firing","when":"lag_seconds > 60","value":75.235,)"
        R"("since":"2026-03-01T09:15:27.000042Z","at":"2026-03-01T09:15:29.000042Z","reason":"a & b <c>",)"
        R"("runbook":"file:///r.md#late","host":"db1"})");
    AlertMessage resolved = late();
    resolved.firing = false;
    resolved.alert = resolved.when;
    resolved.value = 12;
    resolved.reason = "";
    const auto json = nlohmann::json::parse(alert_json(resolved));
    CHECK(json["text"] ==
          "[RESOLVED] walferry shop on db1: lag_seconds &gt; 60, now 12, since 2026-03-01T09:15:27.000042Z");
    CHECK(json["state"] == "resolved");
    CHECK(json["value"].is_number_integer());
}

TEST_CASE("a value that is unknown or without end is null, and empty for a command") {
    for (const std::optional<double> value :
         {std::optional<double>(), std::make_optional(std::numeric_limits<double>::infinity())}) {
        AlertMessage message = late();
        message.value = value;
        const auto json = nlohmann::json::parse(alert_json(message));
        CHECK(json["value"].is_null());
        CHECK(json["text"].get<std::string>().find("now") == std::string::npos);
        CHECK(alert_environment(message).at("WALFERRY_ALERT_VALUE").empty());
    }
    AlertMessage message = late();
    message.alert = "\xff not UTF-8";
    CHECK(nlohmann::json::parse(alert_json(message)).is_object());
    CHECK(alert_environment(late()).at("WALFERRY_ALERT_VALUE") == "75.235");
    CHECK(alert_environment(late()).at("WALFERRY_ALERT_STATE") == "firing");
    CHECK(alert_environment(late()).at("WALFERRY_ALERT_WHEN") == "lag_seconds > 60");
}

TEST_CASE("every quantity has a section in the runbook") {
    const std::string runbook = testing::read_file(PROJECT_ROOT "/docs/runbook.md");
    for (int i = 0; i <= static_cast<int>(AlertQuantity::Failed); ++i) {
        const std::string link = runbook_section(static_cast<AlertQuantity>(i));
        CAPTURE(link);
        REQUIRE(link.starts_with("file:///usr/share/doc/walferry/runbook.md#"));
        const std::string anchor = link.substr(link.find('#') + 1);
        bool found = false;
        for (std::size_t at = runbook.find("\n## "); at != std::string::npos;
             at = runbook.find("\n## ", at + 1)) {
            std::string name = runbook.substr(at + 4, runbook.find('\n', at + 1) - at - 4);
            for (char& byte : name) byte = byte == ' ' ? '-' : static_cast<char>(std::tolower(byte));
            found = found || name == anchor;
        }
        CHECK(found);
    }
}

}  // namespace walferry
