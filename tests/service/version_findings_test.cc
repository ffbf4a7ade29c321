#include "pipeline/preflight.h"
#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("a source below the fixed minor of its branch is warned about, with the release that helps") {
    const auto both = version_findings(150'012);
    REQUIRE(both.size() == 2);
    CHECK(both[0].level == PreflightLevel::Warning);
    CHECK(both[0].fix.find("15.13") != std::string::npos);
    CHECK(both[1].fix.find("15.14") != std::string::npos);
    CHECK(version_findings(150'013).size() == 1);
    for (const int good : {130'022, 140'019, 150'014, 160'010, 170'006, 180'000})
        CHECK(version_findings(good).empty());
}

TEST_CASE("a source that is too old is an error") {
    const auto findings = version_findings(120'022);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].level == PreflightLevel::Error);
}

TEST_CASE("each missing setting of the source is a finding with its fix") {
    const SourceSettings good{"logical", 10, 9, 10, 9, true, true, "-1"};
    CHECK(settings_findings(good, false).empty());
    SourceSettings bad{"replica", 10, 10, 10, 10, false, true, "1GB"};
    const auto findings = settings_findings(bad, false);
    CHECK(findings.size() == 5);
    for (const auto& finding : findings) CHECK_FALSE(finding.fix.empty());
    // With the slot there, none has to be free.
    CHECK(settings_findings(bad, true).size() == 3);
}
