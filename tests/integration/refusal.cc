#include "tests/integration/refusal.h"

#include <regex>

#include "tests/support/catch.h"

namespace walferry::testing {
namespace {

constexpr const char* contents =
    "SELECT (SELECT count(*) FROM public.t) || '/' || (SELECT lsn::varchar || ' ' || epoch FROM "
    "walferry.checkpoint)";

}  // namespace

bool names_a_command(const std::string& message) {
    return std::regex_search(message, std::regex("walferry (resync|drop|check|init|run|status|verify)"));
}

std::string last_line(const std::string& log) {
    const std::size_t end = log.find_last_not_of('\n');
    if (end == std::string::npos) return "";
    return log.substr(log.rfind('\n', end) + 1);
}

std::string slot_count(const PgCluster& cluster) {
    return cluster.value("SELECT count(*) FROM pg_replication_slots");
}

std::string check_refused(const Ferry& ferry) {
    const std::string before = ferry.warehouse_value(contents);
    Completed refused = ferry.command("run", {}, std::chrono::seconds(5));
    INFO(refused.err);
    CHECK_FALSE(refused.timed_out);
    CHECK(refused.exit == Exit{3, 0});
    CHECK(names_a_command(refused.err));
    CHECK(ferry.warehouse_value(contents) == before);
    return refused.err;
}

}  // namespace walferry::testing
