#include <fmt/format.h>

#include <array>

#include "pipeline/preflight.h"

namespace walferry {
namespace {

/// The minor release of each branch in which a bug was fixed (release notes of May and August 2025).
struct FixedBug {
    const char* what;
    std::array<std::pair<int, int>, 5> fixed_in;
};

constexpr std::array fixed_bugs{
    FixedBug{
        "changes can be missing from the stream after DDL under a weak lock (ALTER PUBLICATION, for one)",
        {{{13, 21}, {14, 18}, {15, 13}, {16, 9}, {17, 5}}}},
    FixedBug{"WAL that the slot needs can be removed early, and its confirmed position can move backwards",
             {{{13, 22}, {14, 19}, {15, 14}, {16, 10}, {17, 6}}}},
};

constexpr int version_min = 13;  ///< publish_via_partition_root, wal_status

}  // namespace

std::vector<PreflightFinding> version_findings(int server_version) {
    const int major = server_version / 10'000;
    const int minor = server_version % 10'000;
    std::vector<PreflightFinding> findings;
    if (major < version_min) {
        findings.push_back(
            {PreflightLevel::Error, "source",
             fmt::format("PostgreSQL {} is too old: {} is the oldest that works", major, version_min),
             "upgrade the source"});
    }
    for (const FixedBug& bug : fixed_bugs) {
        for (const auto& [branch, fixed] : bug.fixed_in) {
            if (branch != major || minor >= fixed) continue;
            findings.push_back({PreflightLevel::Warning, "source",
                                fmt::format("PostgreSQL {}.{} has a known bug: {}", major, minor, bug.what),
                                fmt::format("upgrade the source to {}.{} or newer", branch, fixed)});
        }
    }
    return findings;
}

std::vector<PreflightFinding> settings_findings(const SourceSettings& settings, bool slot_exists) {
    std::vector<PreflightFinding> findings;
    const auto error = [&](std::string message, std::string fix) {
        findings.push_back({PreflightLevel::Error, "source", std::move(message), std::move(fix)});
    };
    if (settings.wal_level != "logical") {
        error(fmt::format("wal_level is {}; logical replication needs logical", settings.wal_level),
              "ALTER SYSTEM SET wal_level = logical, and restart the server");
    }
    if (!settings.can_replicate) {
        error("the role may not replicate: it lacks the attribute REPLICATION", "ALTER ROLE … REPLICATION");
    }
    if (!slot_exists && settings.used_replication_slots >= settings.max_replication_slots) {
        error(fmt::format("all {} replication slots are taken (max_replication_slots)",
                          settings.max_replication_slots),
              "drop a slot that nobody needs, or ALTER SYSTEM SET max_replication_slots and restart the "
              "server");
    }
    if (!slot_exists && settings.used_wal_senders >= settings.max_wal_senders) {
        error(fmt::format("all {} WAL senders are taken (max_wal_senders)", settings.max_wal_senders),
              "ALTER SYSTEM SET max_wal_senders, and restart the server");
    }
    if (settings.max_slot_wal_keep_size != "-1") {
        findings.push_back(
            {PreflightLevel::Warning, "source",
             fmt::format(
                 "max_slot_wal_keep_size is {}: a walferry that falls behind, or stands still, by more "
                 "than that loses its slot and has to copy anew",
                 settings.max_slot_wal_keep_size),
             "watch walferry_slot_safe_wal_bytes, and make it large enough for the longest stop"});
    }
    return findings;
}

}  // namespace walferry
