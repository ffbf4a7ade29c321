#include <map>
#include <set>
#include <span>

#include "capture/debezium/event_reader.h"
#include "capture/source_catalog.h"
#include "tests/capture/debezium/recorded_records.h"
#include "tests/support/catch.h"
#include "tests/support/pg_cluster.h"

using namespace walferry;
using namespace walferry::debezium;
using walferry::testing::PgCluster;
using walferry::testing::recorded_records;
using walferry::testing::StoredRecord;

namespace {

using Text = std::optional<std::string>;
/// schema.table, then its rows in the order in which they were written, then their columns.
using Tables = std::map<std::string, std::vector<std::map<std::string, Text>>>;

/// The tables that Debezium's snapshot read, on a server of our own: the judge of what its events mean.
struct Judge {
    Judge() {
        cluster.create_database("golden");
        for (const char* file : {"sql/types.sql", "sql/behave.sql"})
            cluster.exec(walferry::testing::debezium_file(file), "golden");
        auto catalog = connect_source_catalog(cluster.url("golden"));
        REQUIRE(catalog);
        auto candidates = catalog.value()->candidates();
        REQUIRE(candidates);
        auto described = catalog.value()->describe_candidates(candidates.value());
        REQUIRE(described);
        for (const SourceTable& table : described.value()) {
            KnownTable& columns = known[table.qualified_name()];
            for (const SourceColumn& column : table.columns) columns.columns[column.name] = column.type;
        }
    }

    TableKnowledge knowledge() {
        return [this](std::string_view schema, std::string_view table) -> std::optional<KnownTable> {
            const auto found = known.find(std::string(schema) + "." + std::string(table));
            if (found == known.end()) return std::nullopt;
            return found->second;
        };
    }

    /// As pgoutput would send it: every type's output function, in the session that walferry has.
    const std::vector<std::map<std::string, Text>>& rows(const std::string& schema,
                                                         const std::string& table) {
        auto& rows = tables[schema + "." + table];
        if (!rows.empty()) return rows;
        const auto connection = cluster.connect("golden");
        pqxx::nontransaction work(*connection);
        work.exec(
            "SET timezone = 'UTC'; SET lc_monetary = 'C'; SET intervalstyle = postgres;"
            "SET bytea_output = hex; SET extra_float_digits = 3");
        const auto result =
            work.exec("SELECT * FROM " + work.quote_name(schema) + "." + work.quote_name(table));
        for (const auto& row : result) {
            std::map<std::string, Text> columns;
            for (const auto& field : row)
                columns[field.name()] = field.is_null() ? Text() : Text(field.as<std::string>());
            rows.push_back(std::move(columns));
        }
        return rows;
    }

    PgCluster cluster;
    std::map<std::string, KnownTable> known;
    Tables tables;
};

Judge& judge() {
    static Judge one;
    return one;
}

Text text_of(const ColumnValue& value) {
    if (value.kind == ValueKind::Null) return std::nullopt;
    return value.kind == ValueKind::Text ? std::string(value.bytes) : "(unchanged)";
}

std::string shown(const Text& text) {
    return text ? (text->size() > 200 ? text->substr(0, 200) + "…" : *text) : "NULL";
}

/// What a recording says otherwise than the table, by column, and the rows that are refused.
struct Comparison {
    std::map<std::string, std::string> differences;
    std::vector<std::string> refused;
    std::size_t values = 0;
};

/// Debezium's answer for a column is not the column's value; ours is what it sent.
struct Loss {
    const char* column;  ///< table.column
    const char* reason;
};

constexpr Loss losses[] = {
    {"t_array.bi", "arrays of bit(n) come as null"},
    {"t_array.lt", "arrays of ltree with a NULL come as null"},
    {"t_array.n", "numeric without scale loses its trailing zeros"},
    {"t_array.tm", "times in arrays are cut to milliseconds, and 24:00 becomes 00:00"},
    {"t_array.ttz", "times with zone come in UTC"},
    {"t_bit.vb", "leading zeros of a varbit are lost"},
    {"t_bit.vb1", "an empty varbit(1) comes as null"},
    {"t_bit.vb10", "leading zeros of a varbit are lost"},
    {"t_date.d", "dates before Christ come as after, in the snapshot"},
    {"t_default.dn", "a column's default stands for NULL"},
    {"t_default.i8", "a column's default stands for NULL"},
    {"t_default.v", "a column's default stands for NULL"},
    {"t_default.iv", "intervals come as microseconds"},
    {"t_default.n", "numeric without scale loses its trailing zeros"},
    {"t_domain.nf", "numeric without scale loses its trailing zeros"},
    {"t_enum.ea", "arrays of an enum with a NULL come as null"},
    {"t_interval.i", "intervals come as microseconds"},
    {"t_interval.i3", "intervals come as microseconds"},
    {"t_interval.ids", "intervals come as microseconds"},
    {"t_notnull.iv", "intervals come as microseconds"},
    {"t_numeric.n", "numeric without scale loses its trailing zeros"},
    {"t_timetz.t", "times with zone come in UTC, and as null when the zone has seconds"},
    {"t_timetz.t0", "times with zone come in UTC, and as null when the zone has seconds"},
    {"t_timetz.t3", "times with zone come in UTC, and as null when the zone has seconds"},
};

/// Where nothing but the record's schema says which type a column has.
constexpr Loss losses_of_schemas[] = {
    {"t_array.h", "hstore is called JSON"},     {"t_bit.b", "bit(1) is called boolean"},
    {"t_bit.b1", "bit(1) is called boolean"},   {"t_default.h", "hstore is called JSON"},
    {"t_hstore.h", "hstore is called JSON"},    {"t_interval.iym", "an interval's fields are not said"},
    {"t_money.m", "money is called a decimal"}, {"t_notnull.b1", "bit(1) is called boolean"},
    {"t_notnull.h", "hstore is called JSON"},   {"t_notnull.m", "money is called a decimal"},
};

constexpr Loss losses_of_the_stream[] = {
    {"t_text.nm", "type name comes as null"},
    {"t_generated.idn", "no loss: the second time, the identity column counted on"},
};

std::set<std::string> columns_of(std::initializer_list<std::span<const Loss>> lists) {
    std::set<std::string> columns;
    for (const auto& list : lists) {
        for (const Loss& loss : list) columns.insert(loss.column);
    }
    return columns;
}

/// Compares rows with this op, in their order, with those of the tables. `from`: the first column to compare
/// (what was streamed are the rows of the tables with another id).
Comparison compare(const std::string& recording, char op, const TableKnowledge& knowledge, std::size_t from) {
    Comparison found;
    EventReader reader(Options{}, knowledge);
    std::map<std::string, std::size_t> positions;
    for (StoredRecord& record : recorded_records(recording)) {
        if (!record.value || record.value->find(std::string("\"op\":\"") + op) == std::string::npos) continue;
        INFO(record.topic << " " << record.offset);
        const auto event = reader.read(record.view());
        const std::size_t position = positions[record.topic]++;
        if (!event) {
            CHECK(event.error().kind == ErrorKind::Data);
            found.refused.push_back(event.error().message);
            continue;
        }
        const auto& change = std::get<RowChange>(event.value());
        const Relation& relation = change.shape->relation;
        const auto& rows = judge().rows(relation.schema, relation.name);
        REQUIRE(static_cast<char>(change.op) == op);
        REQUIRE(position < rows.size());
        for (std::size_t i = from; i < relation.columns.size(); ++i) {
            const std::string& name = relation.columns[i].name;
            const Text text = text_of(change.after[i]);
            ++found.values;
            if (text == rows[position].at(name)) continue;
            found.differences[relation.name + "." + name] =
                shown(text) + " for " + shown(rows[position].at(name));
        }
    }
    return found;
}

void check(const Comparison& found, const std::set<std::string>& expected) {
    std::set<std::string> seen;
    for (const auto& [column, what] : found.differences) {
        INFO(column << ": " << what);
        CHECK(expected.contains(column));
        seen.insert(column);
    }
    for (const std::string& column : expected) {
        INFO(column << " is listed as lost, and is not");
        CHECK(seen.contains(column));
    }
}

/// Saturated intervals, which are no value of their column.
void check_refused_intervals(const Comparison& found) {
    REQUIRE(found.refused.size() == 2);
    CHECK(found.refused[0].find("'9223372036854775807' is no value of type interval") != std::string::npos);
    CHECK(found.refused[1].find("'-9223372036854775808' is no value of type interval") != std::string::npos);
}

}  // namespace

TEST_CASE("values of every type are the source's but for what Debezium loses, without schemas") {
    const Comparison found = compare("a_default/types", 'r', judge().knowledge(), 0);
    CHECK(found.values > 1100);
    check(found, columns_of({losses}));
    check_refused_intervals(found);
}

TEST_CASE("values of every type are the source's but for what Debezium loses, with schemas") {
    const Comparison with_types = compare("b_schemas/types", 'r', judge().knowledge(), 0);
    CHECK(with_types.values > 1100);
    check(with_types, columns_of({losses}));
    check_refused_intervals(with_types);
    const Comparison alone = compare("b_schemas/types", 'r', {}, 0);
    CHECK(alone.values > 1100);
    check(alone, columns_of({losses, losses_of_schemas}));
    check_refused_intervals(alone);
}

TEST_CASE("streamed values are the source's but for what Debezium loses") {
    auto expected = columns_of({losses, losses_of_the_stream});
    expected.erase("t_date.d");
    for (const char* recording : {"a_default/types", "b_schemas/types"}) {
        CAPTURE(recording);
        const Comparison found = compare(recording, 'c', judge().knowledge(), 1);
        CHECK(found.values > 900);
        check(found, expected);
        check_refused_intervals(found);
    }
}

TEST_CASE("rows with every kind of key, and values out of line, are the source's") {
    for (const char* recording : {"a_default/behave", "b_schemas/behave"}) {
        const Comparison found = compare(recording, 'r', judge().knowledge(), 0);
        CHECK(found.values == 72);
        check(found, {});
        CHECK(found.refused.empty());
    }
    check(compare("b_schemas/behave", 'r', {}, 0), {});
    // The array of numeric loses trailing zeros.
    check(compare("a_default/toast", 'r', judge().knowledge(), 0), {"toast.na"});
}
