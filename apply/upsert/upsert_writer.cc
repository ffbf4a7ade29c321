#include "apply/upsert/upsert_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "apply/row_fields.h"

namespace walferry {

namespace {

constexpr const char* unique_violation = "23505";

/// A staged row begins with a number, as wide as its type where the load is binary.
template <class Number>
void append_leading(std::string& to, LoadFormat format, Number number) {
    if (format == LoadFormat::Text) {
        append_field(to, std::to_string(number));
    } else {
        append_number(to, number);
    }
}

void stamp(const TablePlan& plan, std::string_view row, PgTime now) {
    if (plan.metadata) stamp_synced_at(const_cast<char*>(row.data()) + row.size(), plan.format, now);
}

bool by_key(const NetChange* left, const NetChange* right) {
    return left->key < right->key;
}

}  // namespace

Status UpsertWriter::write(UpsertChanges& changes, PgTime now) {
    const TablePlan& plan = changes.plan();
    if (changes.truncated()) {
        WALFERRY_TRYV(session_.execute(plan.marks_deleted()
                                           ? mark_all_deleted_sql(plan, changes.truncate_lsn())
                                           : empty_target_sql(plan)));
    }
    return plan.has_key() ? write_keyed(changes, now) : write_counted(changes, now);
}

UpsertWriter::Work UpsertWriter::sort_out(const TablePlan& plan, std::span<NetChange> changes) const {
    Work work;
    const auto add = [](std::map<UnchangedColumns, Group>& groups, NetChange& change) {
        UnchangedColumns unchanged;
        if (change.has_unchanged) unchanged = unchanged_columns(change.row);
        Group& group = groups[unchanged];
        group.unchanged = std::move(unchanged);
        group.changes.push_back(&change);
    };
    for (NetChange& change : changes) {
        if (change.is_nothing()) continue;
        const bool moved = change.present && change.is_moved();
        const bool replaces = change.existed || !plan.inserts_are_new;
        // DuckDB replaces by delete and insert; PostgreSQL updates in place, but for rows that moved here.
        if (replaces && (!change.present || moved || kind_ == WarehouseKind::DuckDb))
            work.gone.push_back(change.key);
        if (!change.present) continue;
        if (moved) {
            add(work.moved, change);
        } else if (replaces) {
            add(work.changed, change);
        } else {
            work.fresh.push_back(&change);
        }
    }
    std::sort(work.gone.begin(), work.gone.end());
    for (auto& [unchanged, group] : work.changed)
        std::sort(group.changes.begin(), group.changes.end(), by_key);
    return work;
}

Status UpsertWriter::write_keyed(UpsertChanges& changes, PgTime now) {
    const TablePlan& plan = changes.plan();
    for (const NetChange& change : changes.net().changes()) {
        if (change.present) stamp(plan, change.row, now);
    }
    const Work work = sort_out(plan, changes.net().changes());
    if (work.stages()) {
        WALFERRY_TRYV(staging_.prepare(plan, upsert_staging(plan)));
        WALFERRY_TRYV(stage(plan, work));
        Status merged =
            kind_ == WarehouseKind::DuckDb ? merge_duckdb(plan, work) : merge_postgres(plan, work);
        if (!merged) return merged;
    }
    return work.fresh.empty() ? Status{success()} : load_fresh(plan, work);
}

Status UpsertWriter::stage(const TablePlan& plan, const Work& work) {
    const StagingTables staging = staging_tables(plan);
    if (!work.gone.empty()) {
        WALFERRY_TRY(loader, session_.load(staging.gone, gone_columns(plan), plan.format));
        for (const std::string_view key : work.gone) {
            WALFERRY_TRYV(loader->append(key));
        }
        WALFERRY_TRYV(loader->finish());
    }
    WALFERRY_TRYV(load_groups(plan, staging.changed, changed_columns(plan), work.changed, false));
    return load_groups(plan, staging.moved, moved_columns(plan), work.moved, true);
}

Status UpsertWriter::load_groups(const TablePlan& plan, const TargetName& target,
                                 const std::vector<TargetColumn>& columns,
                                 const std::map<UnchangedColumns, Group>& groups, bool with_base) {
    if (groups.empty()) return success();
    WALFERRY_TRY(loader, session_.load(target, columns, plan.format));
    std::string staged;
    int number = full_group;
    for (const auto& [unchanged, group] : groups) {
        // The empty set sorts first: without it, numbering starts at 2.
        if (number == full_group && !unchanged.empty()) ++number;
        for (const NetChange* change : group.changes) {
            staged.clear();
            append_leading(staged, plan.format, std::int32_t{number});
            if (unchanged.empty()) {
                staged.append(change->row);
            } else {
                append_without_unchanged(staged, change->row);
            }
            if (with_base) staged.append(change->base);
            WALFERRY_TRYV(loader->append(staged));
        }
        ++number;
    }
    return loader->finish();
}

Status UpsertWriter::fill(const TablePlan& plan, const std::map<UnchangedColumns, Group>& groups,
                          bool moved) {
    int number = full_group + 1;
    for (const auto& [unchanged, group] : groups) {
        if (unchanged.empty()) continue;
        const std::string sql =
            moved ? fill_moved_sql(plan, number, unchanged) : fill_changed_sql(plan, number, unchanged);
        WALFERRY_TRY(filled, session_.modify(sql));
        if (filled != group.changes.size()) return rows_missing(plan, group.changes.size(), filled);
        ++number;
    }
    return success();
}

Status UpsertWriter::merge_postgres(const TablePlan& plan, const Work& work) {
    WALFERRY_TRYV(fill(plan, work.moved, true));
    if (!work.gone.empty()) {
        WALFERRY_TRYV(session_.execute(delete_gone_sql(plan)));
    }
    int number = full_group + 1;
    for (const auto& [unchanged, group] : work.changed) {
        const int group_number = unchanged.empty() ? full_group : number++;
        const std::string sql = update_changed_sql(plan, group_number, unchanged);
        if (sql.empty() && !unchanged.empty()) continue;  // nothing but unchanged values
        std::uint64_t updated = sql.empty() ? 0 : group.changes.size();
        if (!sql.empty()) {
            WALFERRY_TRY(rows, session_.modify(sql));
            updated = rows;
        }
        if (updated == group.changes.size()) continue;
        if (!unchanged.empty()) return rows_missing(plan, group.changes.size(), updated);
        WALFERRY_TRYV(session_.execute(insert_missing_sql(plan)));
    }
    return work.moved.empty() ? Status{success()} : session_.execute(insert_moved_sql(plan));
}

Status UpsertWriter::merge_duckdb(const TablePlan& plan, const Work& work) {
    WALFERRY_TRYV(fill(plan, work.changed, false));
    WALFERRY_TRYV(fill(plan, work.moved, true));
    if (!work.gone.empty()) {
        WALFERRY_TRYV(session_.execute(delete_gone_sql(plan)));
    }
    if (!work.changed.empty()) {
        WALFERRY_TRYV(session_.execute(insert_changed_sql(plan)));
    }
    return work.moved.empty() ? Status{success()} : session_.execute(insert_moved_sql(plan));
}

Status UpsertWriter::load_rows(const TablePlan& plan, const std::vector<NetChange*>& changes) {
    WALFERRY_TRY(loader, session_.load(plan.target, plan.columns, plan.format));
    for (const NetChange* change : changes) {
        WALFERRY_TRYV(loader->append(change->row));
    }
    return loader->finish();
}

Status UpsertWriter::load_fresh(const TablePlan& plan, const Work& work) {
    if (kind_ == WarehouseKind::DuckDb) return load_rows(plan, work.fresh);
    WALFERRY_TRYV(session_.execute("SAVEPOINT walferry_fresh"));
    Status loaded = load_rows(plan, work.fresh);
    if (loaded) return session_.execute("RELEASE SAVEPOINT walferry_fresh");
    if (loaded.error().sqlstate != unique_violation) return loaded;
    WALFERRY_TRYV(session_.execute("ROLLBACK TO SAVEPOINT walferry_fresh"));
    return load_fresh_staged(plan, work);
}

/// Somebody else put rows with these keys there: replace them.
Status UpsertWriter::load_fresh_staged(const TablePlan& plan, const Work& work) {
    Work staged;
    Group& group = staged.changed[UnchangedColumns{}];
    group.changes = work.fresh;
    std::sort(group.changes.begin(), group.changes.end(), by_key);
    WALFERRY_TRYV(staging_.prepare(plan, upsert_staging(plan)));
    WALFERRY_TRYV(stage(plan, staged));
    return merge_postgres(plan, staged);
}

Status UpsertWriter::write_counted(UpsertChanges& changes, PgTime now) {
    const TablePlan& plan = changes.plan();
    std::uint64_t leaving = 0;
    bool coming = false;
    for (const RowCount& row : changes.rows().counts()) {
        stamp(plan, row.row, now);
        coming = coming || row.count > 0;
        if (row.count < 0) leaving += static_cast<std::uint64_t>(-row.count);
    }
    if (leaving > 0) {
        WALFERRY_TRYV(staging_.prepare(plan, upsert_staging(plan)));
        WALFERRY_TRY(loader, session_.load(staging_tables(plan).fewer, fewer_columns(plan), plan.format));
        std::string staged;
        for (const RowCount& row : changes.rows().counts()) {
            if (row.count >= 0) continue;
            staged.clear();
            append_leading(staged, plan.format, -row.count);
            staged.append(row.data);
            WALFERRY_TRYV(loader->append(staged));
        }
        WALFERRY_TRYV(loader->finish());
        WALFERRY_TRY(deleted, session_.modify(delete_fewer_sql(plan)));
        if (deleted != leaving) return rows_missing(plan, leaving, deleted);
    }
    if (!coming) return success();
    WALFERRY_TRY(loader, session_.load(plan.target, plan.columns, plan.format));
    for (const RowCount& row : changes.rows().counts()) {
        for (std::int64_t i = 0; i < row.count; ++i) {
            WALFERRY_TRYV(loader->append(row.row));
        }
    }
    return loader->finish();
}

}  // namespace walferry
