#include "checkpoint/control_schema.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "model/quote.h"

namespace walferry {

namespace {

/// Control tables in both dialects. `{lsn}`, `{blob}` and `{json}` are spelled by the warehouse: DuckDB gets
/// no primary keys, since its index refuses a delete and an insert of one key in one transaction, and one
/// process is its only writer anyway.
struct ControlTable {
    const char* name;
    const char* columns;
    const char* key;
};

constexpr std::array control_tables{
    ControlTable{"checkpoint",
                 "pipeline text NOT NULL, lsn {lsn} NOT NULL, system_identifier text NOT NULL, timeline "
                 "bigint NOT NULL, "
                 "slot text NOT NULL, made_publication boolean NOT NULL, epoch bigint NOT NULL, "
                 "latest_commit_time bigint NOT NULL, updated_at "
                 "timestamptz NOT NULL",
                 "pipeline"},
    ControlTable{"kafka_offset",
                 "pipeline text NOT NULL, topic text NOT NULL, kafka_partition integer NOT NULL, next_offset "
                 "bigint NOT NULL, epoch bigint NOT NULL, updated_at timestamptz NOT NULL",
                 "pipeline, topic, kafka_partition"},
    ControlTable{"table_state",
                 "pipeline text NOT NULL, source_schema text NOT NULL, source_table text NOT NULL, "
                 "relation_id bigint NOT NULL, target_schema text NOT NULL, target_table text NOT NULL, mode "
                 "text NOT NULL, "
                 "state text NOT NULL, reason text, publication_member bigint NOT NULL, snapshot text, "
                 "snapshot_lsn {lsn}, snapshot_time bigint NOT NULL, merges_copy boolean NOT NULL, "
                 "rows_copied bigint NOT NULL, epoch bigint NOT NULL, updated_at "
                 "timestamptz NOT NULL",
                 "pipeline, source_schema, source_table, target_schema, target_table"},
    ControlTable{"pending_change",
                 "pipeline text NOT NULL, relation_id bigint NOT NULL, commit_lsn {lsn} NOT NULL, seq bigint "
                 "NOT NULL, "
                 "xid bigint NOT NULL, commit_time bigint NOT NULL, message {blob} NOT NULL",
                 "pipeline, relation_id, commit_lsn, seq"},
    ControlTable{
        "dead_letter",
        "id bigint NOT NULL, pipeline text NOT NULL, created_at timestamptz NOT NULL, stage text NOT "
        "NULL, error_code text, error text NOT NULL, source_table text, target_table text, op text, "
        "key {json}, before {json}, after {json}, commit_lsn {lsn} NOT NULL, seq bigint NOT NULL, "
        "xid bigint, commit_ts timestamptz, topic text, kafka_partition integer, kafka_offset bigint, "
        "attempts integer NOT NULL, last_attempt_at timestamptz NOT NULL, state text NOT NULL",
        "pipeline, id"},
    ControlTable{
        "schema_history",
        "pipeline text NOT NULL, source_schema text NOT NULL, source_table text NOT NULL, relation_id bigint "
        "NOT NULL, version bigint NOT NULL, commit_lsn {lsn} NOT NULL, seq bigint NOT NULL, created_at "
        "timestamptz NOT NULL, change {json} NOT NULL, shape {json} NOT NULL",
        "pipeline, relation_id, version"},
    ControlTable{"outbox",
                 "id bigint NOT NULL, pipeline text NOT NULL, created_at timestamptz NOT NULL, kind text NOT "
                 "NULL, source_table text NOT NULL, target_table text NOT NULL, commit_lsn {lsn} NOT NULL, "
                 "payload {json} NOT NULL, published_at timestamptz",
                 "pipeline, id"},
    ControlTable{
        "resync",
        "id bigint NOT NULL, pipeline text NOT NULL, source_schema text NOT NULL, source_table text NOT "
        "NULL, relation_id bigint NOT NULL, state text NOT NULL, reason text, rate_max bigint NOT NULL, "
        "rows_copied bigint NOT NULL, rows_changed bigint NOT NULL, epoch bigint NOT NULL, requested_at "
        "timestamptz NOT NULL, updated_at timestamptz NOT NULL, ended_at timestamptz",
        "pipeline, id"},
};

/// The relay looks for them again and again, among all that is kept for `retention`.
constexpr const char* unpublished_index =
    "CREATE INDEX IF NOT EXISTS outbox_unpublished ON {} (pipeline, id) WHERE published_at IS NULL;\n";

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
    return text;
}

std::string create_table_sql(const ControlSchema& control, const ControlTable& table) {
    std::string columns = replace_all(table.columns, "{lsn}", control.lsn_type());
    columns = replace_all(columns, "{blob}", control.kind == WarehouseKind::DuckDb ? "BLOB" : "bytea");
    columns = replace_all(columns, "{json}", control.kind == WarehouseKind::DuckDb ? "JSON" : "json");
    if (control.kind == WarehouseKind::Postgres) columns += fmt::format(", PRIMARY KEY ({})", table.key);
    return fmt::format("CREATE TABLE IF NOT EXISTS {} ({});\n", control.sql(table.name), columns);
}

std::string schema_sql(const ControlSchema& control) {
    std::string sql = control.catalog.empty() ? "" : quote_identifier(control.catalog) + ".";
    return sql + quote_identifier(control.schema);
}

Status create_tables(WarehouseSession& session, const ControlSchema& control) {
    WALFERRY_TRYV(create_schema(session, control.kind, control.table("checkpoint")));
    std::string sql = fmt::format("CREATE TABLE IF NOT EXISTS {} (version integer NOT NULL);\n",
                                  control.sql("control_version"));
    for (const ControlTable& table : control_tables) sql += create_table_sql(control, table);
    if (control.kind == WarehouseKind::Postgres) sql += fmt::format(unpublished_index, control.sql("outbox"));
    return session.execute(sql);
}

/// A schema that an earlier build made lacks the tables that were added since.
Result<std::vector<ControlTable>> present_tables(WarehouseSession& session, const ControlSchema& control) {
    std::vector<ControlTable> present;
    for (const ControlTable& table : control_tables) {
        WALFERRY_TRY(columns, session.describe_table(control.table(table.name)));
        if (columns) present.push_back(table);
    }
    return present;
}

Status create_missing_tables(WarehouseSession& session, const ControlSchema& control) {
    WALFERRY_TRY(present, present_tables(session, control));
    return present.size() == control_tables.size() ? Status{success()} : create_tables(session, control);
}

Status write_version(WarehouseSession& session, const ControlSchema& control) {
    return session.execute(
        fmt::format("INSERT INTO {} VALUES ({})", control.sql("control_version"), control_version));
}

}  // namespace

Status check_control_version(WarehouseSession& session, const ControlSchema& control) {
    WALFERRY_TRY(found, session.query("SELECT version FROM " + control.sql("control_version")));
    if (found.rows.empty()) return success();
    const std::string version = found.rows[0][0].value_or("?");
    if (version == std::to_string(control_version)) return success();
    return Error{
        ErrorKind::Schema,
        fmt::format("the control tables in schema {} have version {}, this walferry writes version {}",
                    control.schema, version, control_version),
        "run the walferry version that made them, or give this pipeline a control_schema of its own and "
        "copy anew with `walferry run`",
        ""};
}

namespace {

/// Workers that share a pipeline may begin at the same moment, and PostgreSQL's IF NOT EXISTS does not wait
/// for the other one.
Status make_control_tables(WarehouseSession& session, const ControlSchema& control) {
    if (control.kind == WarehouseKind::Postgres) {
        WALFERRY_TRYV(session.query(
            fmt::format("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended({}, 6))",
                        quote_literal(control.schema))));
    }
    WALFERRY_TRY(exists, has_control_schema(session, control));
    Status made = exists ? check_control_version(session, control) : create_tables(session, control);
    if (made) made = exists ? create_missing_tables(session, control) : write_version(session, control);
    return made;
}

}  // namespace

Status create_control_schema(WarehouseSession& session, const ControlSchema& control) {
    WALFERRY_TRYV(session.begin());
    Status made = make_control_tables(session, control);
    if (made) return session.commit();
    session.rollback();
    return made.error().in("control tables");
}

Result<bool> has_control_schema(WarehouseSession& session, const ControlSchema& control) {
    WALFERRY_TRY(columns, session.describe_table(control.table("control_version")));
    return columns.has_value();
}

/// What the pipeline keeps beside its targets.
Status drop_side_tables(WarehouseSession& session, const ControlSchema& control) {
    WALFERRY_TRY(found, session.query(fmt::format("SELECT table_name FROM information_schema.tables WHERE "
                                                  "table_schema = {} AND table_name LIKE {}",
                                                  quote_literal(control.schema),
                                                  quote_literal("%" + control.side_table_mark() + "%"))));
    for (const auto& row : found.rows) {
        WALFERRY_TRYV(session.execute("DROP TABLE IF EXISTS " + control.sql(row[0].value_or(""))));
    }
    return success();
}

Status drop_control_rows(WarehouseSession& session, const ControlSchema& control) {
    WALFERRY_TRY(exists, has_control_schema(session, control));
    if (!exists) return success();
    WALFERRY_TRY(present, present_tables(session, control));
    WALFERRY_TRYV(session.begin());
    for (const ControlTable& table : present) {
        WALFERRY_TRYV(session.execute(fmt::format("DELETE FROM {} WHERE pipeline = {}",
                                                  control.sql(table.name), control.pipeline_literal())));
    }
    WALFERRY_TRYV(drop_side_tables(session, control));
    WALFERRY_TRY(others, session.query("SELECT count(*) FROM " + control.sql("checkpoint")));
    if (others.rows[0][0] == "0") {
        for (const ControlTable& table : present) {
            WALFERRY_TRYV(session.execute("DROP TABLE " + control.sql(table.name)));
        }
        WALFERRY_TRYV(session.execute("DROP TABLE " + control.sql("control_version")));
        WALFERRY_TRYV(session.execute("DROP SCHEMA " + schema_sql(control)));
    }
    return session.commit();
}

}  // namespace walferry
