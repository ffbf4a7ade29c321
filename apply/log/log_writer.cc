#include "apply/log/log_writer.h"

#include <algorithm>
#include <map>

#include "apply/load_row.h"
#include "apply/log/log_plan.h"

namespace walferry {

namespace {

/// All but `_unchanged`.
void append_own_fields(LoadRow& row, const LogEntry& entry) {
    row.text({&entry.op, 1});
    row.lsn(entry.sequence.commit_lsn);
    if (entry.record == nullptr) {
        row.int8(static_cast<std::int64_t>(entry.sequence.ordinal));
    } else if (entry.record->total_order) {
        row.int8(*entry.record->total_order);
    } else {
        row.null();
    }
    row.time(entry.commit_time);
    row.int8(entry.xid);
    if (entry.old_key_json.empty()) {
        row.null();
    } else {
        row.text(entry.old_key_json);
    }
    if (entry.record == nullptr) return;
    row.text(entry.record->topic);
    row.int4(entry.record->partition);
    row.int8(entry.record->offset);
}

}  // namespace

Status LogWriter::write(const LogChanges& changes) {
    const auto& entries = changes.entries();
    const auto unchanged = static_cast<std::size_t>(std::count_if(
        entries.begin(), entries.end(), [](const LogEntry& entry) { return entry.has_unchanged; }));
    // First: the latest row of a key must be one from before this batch, for what the batch knows is filled
    // in.
    if (unchanged > 0) {
        WALFERRY_TRYV(load_staged(changes));
    }
    return unchanged < entries.size() ? load(changes) : Status{success()};
}

Status LogWriter::load(const LogChanges& changes) {
    const TablePlan& plan = changes.plan();
    WALFERRY_TRY(loader, session_.load(plan.target, plan.columns, plan.format));
    LoadRow row(plan.format);
    for (const LogEntry& entry : changes.entries()) {
        if (entry.has_unchanged) continue;
        row.clear();
        if (entry.fields.empty()) {
            row.nulls(plan.data_count());
        } else {
            row.fields(entry.fields);
        }
        append_own_fields(row, entry);
        row.null();
        WALFERRY_TRYV(loader->append(row.view()));
    }
    return loader->finish();
}

Status LogWriter::load_staged(const LogChanges& changes) {
    const TablePlan& plan = changes.plan();
    const StagingTable staging = log_staging(plan);
    WALFERRY_TRYV(staging_.prepare(plan, {staging}));
    WALFERRY_TRY(loader, session_.load(staging.name, staging.columns, plan.format));
    std::map<std::vector<std::size_t>, int> groups;
    LoadRow row(plan.format);
    std::string fields;
    for (const LogEntry& entry : changes.entries()) {
        if (!entry.has_unchanged) continue;
        const int next = static_cast<int>(groups.size()) + 1;
        const auto group = groups.try_emplace(unchanged_columns(entry.fields), next).first;
        fields.clear();
        append_without_unchanged(fields, entry.fields);
        row.clear();
        row.int4(group->second);
        row.fields(fields);
        append_own_fields(row, entry);
        row.text(unchanged_json(plan, group->first));
        row.fields(entry.base);
        WALFERRY_TRYV(loader->append(row.view()));
    }
    WALFERRY_TRYV(loader->finish());
    loader.reset();
    for (const auto& [unchanged, group] : groups) {
        WALFERRY_TRYV(session_.execute(fill_log_sql(plan, group, unchanged)));
    }
    return session_.execute(insert_log_sql(plan));
}

}  // namespace walferry
