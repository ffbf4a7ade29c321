#include "apply/table_writer.h"

#include <algorithm>
#include <map>

#include "tests/apply/row_history.h"
#include "tests/support/catch.h"
#include "tests/warehouse/duckdb_session.h"

namespace walferry {

using namespace testing;

namespace {

/// A DuckDB file with one target, written as the applier writes it.
struct Target {
    explicit Target(TablePlan plan_of_target) {
        plan_of_target.target = {file.session->catalog(), "main", "t"};
        plan = std::move(plan_of_target);
        must(file.session->execute(create_table_sql(plan)));
        table = table_of(plan);
        relation = relation_of(plan);
    }

    Status write(const std::vector<OwnedEvent>& events) {
        Arena arena;
        TableBatch batch(table, false);
        for (const OwnedEvent& event : events) {
            WALFERRY_TRYV(add_to(batch, relation, event, arena));
        }
        must(file.session->begin());
        Status written = writer.write(batch, {}, 0);
        if (!written) {
            file.session->rollback();
            return written;
        }
        must(file.session->commit());
        writer.transaction_ended();
        return success();
    }

    std::vector<std::string> lines() {
        std::vector<std::string> names;
        for (const TargetColumn& column : plan.columns) names.push_back(quote_of(column.name));
        std::string list;
        for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
        std::vector<std::string> lines;
        for (const auto& row : must(file.session->query("SELECT " + list + " FROM main.t")).rows)
            lines.push_back(joined(row));
        std::sort(lines.begin(), lines.end());
        return lines;
    }

    static std::string quote_of(const std::string& name) { return "\"" + name + "\""; }

    OpenFile file;
    TablePlan plan;
    std::shared_ptr<Table> table;
    Relation relation;
    TableWriter writer{*file.session, WarehouseKind::DuckDb, 0};
};

TablePlan notes(bool metadata = false) {
    PlanSpec spec;
    spec.columns = {bigint_column("id"), text_column("note")};
    spec.key = {"id"};
    spec.metadata = metadata;
    return plan_of(spec);
}

TablePlan measurements() {
    PlanSpec spec;
    spec.columns = {bigint_column("n"), double_column("x"), text_column("s")};
    spec.identity = ReplicaIdentity::Full;
    return plan_of(spec);
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a DuckDB target holds what the source holds after every batch") {
    const ReplicaIdentity identity = GENERATE(ReplicaIdentity::Default, ReplicaIdentity::Full);
    const bool inserts_are_new = GENERATE(true, false);
    RowHistory history(identity == ReplicaIdentity::Full ? 11 : 12, identity);
    TablePlan plan = plan_of(history.plan_spec(false));
    plan.inserts_are_new = inserts_are_new;
    Target target(plan);
    for (int batch = 0; batch < 60; ++batch) {
        CAPTURE(batch);
        must(target.write(history.next_events(batch % 23 + 1, true)));
        REQUIRE(target.lines() == history.lines());
    }
}

TEST_CASE("the steps of one transaction add up") {
    RowHistory history(5, ReplicaIdentity::Default);
    Target target(plan_of(history.plan_spec(false)));
    for (int transaction = 0; transaction < 10; ++transaction) {
        must(target.file.session->begin());
        for (int step = 0; step < 4; ++step) {
            Arena arena;
            TableBatch batch(target.table, false);
            for (const OwnedEvent& event : history.next_events(9, step % 2 == 0))
                must(add_to(batch, target.relation, event, arena));
            must(target.writer.write(batch, {}, 0));
        }
        must(target.file.session->commit());
        target.writer.transaction_ended();
        REQUIRE(target.lines() == history.lines());
    }
}

TEST_CASE("a table without key in DuckDB is the multiset that the source holds") {
    Target target(measurements());
    std::mt19937 random(3);
    std::map<std::string, int> rows;
    const auto random_row = [&] {
        const char* const doubles[] = {"0", "-0", "NaN", "Infinity", "1.5"};
        const auto x = random() % 6;
        const auto s = random() % 3;
        return Cells{random() % 4 == 0 ? null_cell : cell("1"), x == 5 ? null_cell : cell(doubles[x]),
                     s == 0 ? null_cell : cell(s == 1 ? "" : "s")};
    };
    const auto key_of = [](const Cells& cells) {
        std::string key;
        for (const Cell& value : cells) key += (value.kind == ValueKind::Null ? "~" : value.bytes) + "|";
        return key;
    };
    std::map<std::string, Cells> shapes;
    for (int batch = 0; batch < 40; ++batch) {
        std::vector<OwnedEvent> events;
        for (int i = 0; i < 12; ++i) {
            const Cells row = random_row();
            shapes[key_of(row)] = row;
            const Cells next = random_row();
            shapes[key_of(next)] = next;
            if (rows[key_of(row)] == 0 || random() % 3 == 0) {
                events.push_back(insert_of(row));
                ++rows[key_of(row)];
                continue;
            }
            --rows[key_of(row)];
            if (random() % 2 == 0) {
                events.push_back(delete_of(row, true));
                continue;
            }
            events.push_back(update_of(next, row, true));
            ++rows[key_of(next)];
        }
        must(target.write(events));
        std::vector<std::string> expected;
        for (const auto& [key, count] : rows) {
            std::string line;
            for (const Cell& value : shapes[key]) {
                std::string shown = value.kind == ValueKind::Null ? "NULL" : value.bytes;
                if (shown == "0" || shown == "-0") shown += ".0";
                if (shown == "NaN" || shown == "Infinity") shown = shown == "NaN" ? "nan" : "inf";
                line += (line.empty() ? "" : "|") + shown;
            }
            expected.insert(expected.end(), static_cast<std::size_t>(count), line);
        }
        std::sort(expected.begin(), expected.end());
        REQUIRE(target.lines() == expected);
    }
}

TEST_CASE("one of several equal rows is deleted, with NULLs and with the zero of its sign") {
    Target target(measurements());
    const Cells nulls{null_cell, null_cell, null_cell};
    const Cells plus{cell("1"), cell("0"), cell("s")};
    const Cells minus{cell("1"), cell("-0"), cell("s")};
    must(target.write(
        {insert_of(nulls), insert_of(nulls), insert_of(nulls), insert_of(plus), insert_of(minus)}));
    must(target.write({delete_of(nulls, true), delete_of(minus, true)}));
    CHECK(target.lines() == Lines{"1|0.0|s", "NULL|NULL|NULL", "NULL|NULL|NULL"});
}

TEST_CASE("equal numbers of different text in a table without key are deleted each for its own row") {
    PlanSpec spec;
    ColumnSpec amount = text_column("amount");
    amount.oid = pg_types::numeric;
    amount.encoding = Encoding::Numeric;
    amount.duckdb_type = "DECIMAL(18,4)";
    spec.columns = {amount};
    spec.identity = ReplicaIdentity::Full;
    Target target(plan_of(spec));
    must(target.write({insert_of({cell("1.0")}), insert_of({cell("1.00")}), insert_of({cell("1.000")})}));
    must(target.write({delete_of({cell("1.0")}, true), delete_of({cell("1.00")}, true)}));
    CHECK(target.lines().size() == 1);
}

TEST_CASE("a delete of a row that the target does not have stops with the counts") {
    Target target(measurements());
    const Cells row{cell("1"), cell("2"), cell("s")};
    must(target.write({insert_of(row)}));
    const Status written = target.write({delete_of(row, true), delete_of(row, true)});
    REQUIRE_FALSE(written);
    CHECK(written.error().kind == ErrorKind::Refused);
    CHECK(written.error().message.find("public.t") != std::string::npos);
    CHECK(target.lines().size() == 1);
}

TEST_CASE("unchanged values of a row that the target lost stop the pipeline, and write no NULL") {
    Target target(notes());
    must(target.write({insert_of({cell("1"), cell("long")})}));
    must(target.file.session->execute("DELETE FROM main.t"));
    const auto event = GENERATE(update_of({cell("1"), unchanged_cell}),
                                update_of({cell("2"), unchanged_cell}, Cells{cell("1"), null_cell}));
    const Status written = target.write({event});
    REQUIRE_FALSE(written);
    CHECK(written.error().kind == ErrorKind::Refused);
    CHECK(written.error().way_out.find("walferry ") != std::string::npos);
    CHECK(target.lines().empty());
}

TEST_CASE("a row moves with its unchanged value while another takes its key") {
    Target target(notes());
    must(target.write({insert_of({cell("1"), cell("long")})}));
    must(target.write({update_of({cell("2"), unchanged_cell}, Cells{cell("1"), null_cell}),
                       insert_of({cell("1"), cell("new")})}));
    CHECK(target.lines() == Lines{"1|new", "2|long"});
}

TEST_CASE("a truncate is applied before what follows it") {
    Target target(notes());
    must(target.write({insert_of({cell("1"), cell("a")}), insert_of({cell("2"), cell("b")})}));
    must(target.write(
        {insert_of({cell("3"), cell("c")}), truncate_event(), insert_of({cell("1"), cell("d")})}));
    CHECK(target.lines() == Lines{"1|d"});
}

TEST_CASE("a row carries the position of the commit that wrote it last and the time of apply") {
    Target target(notes(true));
    must(target.write({insert_of({cell("1"), cell("a")})}));
    REQUIRE(target.lines().size() == 1);
    CHECK(target.lines()[0].starts_with("1|a|100|2000-01-01"));
}

}  // namespace walferry
