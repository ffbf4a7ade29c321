#include "pipeline/verify/row_condition.h"

#include "pipeline/verify/partition_condition.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

/// The condition as it would be asked: names in brackets, values in quotes.
std::string shown(const Result<RowCondition>& condition) {
    if (!condition) return describe(condition.error());
    return condition_sql(
        condition.value(), [](const std::string& column) { return "[" + column + "]"; },
        [](const std::string&, const ConditionValue& value) { return "'" + value.text + "'"; });
}

std::string parsed(const std::string& text) {
    return shown(parse_condition(text));
}

std::string of_partition(std::vector<PartitionLevel> levels) {
    return shown(partition_condition({1, std::move(levels)}));
}

}  // namespace

TEST_CASE("a condition is terms with AND, of plain and quoted names, in any case") {
    CHECK(parsed("Created_At >= '2026-01-01' AND \"Odd \"\"One\" <> 'it''s'") ==
          "[created_at] >= '2026-01-01' AND [Odd \"One] <> 'it's'");
    CHECK(parsed("a=1 and b<-1.5e3 and c > +2 and d <= .5 and e != true") ==
          "[a] = '1' AND [b] < '-1.5e3' AND [c] > '+2' AND [d] <= '.5' AND [e] <> 'true'");
    CHECK(parsed("a BETWEEN 1 AND 5 AND b in ('x', 'y') AND c is null AND d Is Not Null") ==
          "[a] BETWEEN '1' AND '5' AND [b] IN ('x', 'y') AND [c] IS NULL AND [d] IS NOT NULL");
    CHECK(parsed("größe = 3") == "[größe] = '3'");
}

TEST_CASE("what is no condition is refused with its place and what may stand there") {
    CHECK(parsed("") == "at its end: a column's name has to stand there, plain or in \"\"");
    CHECK(parsed("a") == "at its end: = <> < <= > >=, BETWEEN, IN or IS has to stand there");
    CHECK(parsed("a = 1 OR b = 2") == "at character 7, or: AND or the end may stand there");
    CHECK(parsed("a = b") ==
          "at character 5, b: a value has to stand there: 'text', a number, true or false");
    CHECK(parsed("a = NULL") == "at character 5, null: NULL is compared by IS NULL and IS NOT NULL");
    CHECK(parsed("a IN ('x' 'y')") == "at character 11, y: , or ) has to stand there");
    CHECK(parsed("a = 'x") == "at character 5, 'x: the closing ' is missing");
    CHECK(parsed("a = 1; DROP TABLE t") == "at character 6, ;: nothing that a condition can have");
    CHECK(parsed("now() < 5").find("at character 4") == 0);
    CHECK(parsed("a = 1 --") == "at character 7, -: nothing that a condition can have");
    CHECK(parsed("1 = 1").find("at character 1, 1") == 0);
}

TEST_CASE("the bounds of a partition and of those around it are a condition") {
    CHECK(of_partition({{"s.p", 'r', {"at"}, "FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')"}}) ==
          "[at] >= '2026-01-01' AND [at] < '2026-02-01'");
    CHECK(of_partition({{"s.pp", 'l', {"kind"}, "FOR VALUES IN ('it''s', E'\\\\', NULL)"},
                        {"s.p", 'r', {"at"}, "FOR VALUES FROM (MINVALUE) TO (5)"}}) ==
          "([kind] IN ('it's', '\\') OR [kind] IS NULL) AND [at] < '5'");
    CHECK(of_partition({{"s.p", 'l', {"kind"}, "FOR VALUES IN (NULL)"}}) == "[kind] IS NULL");
    CHECK(of_partition({{"s.p", 'r', {"a", "b"}, "FOR VALUES FROM (1, 2) TO (3, 4)"}}) ==
          "([a] > '1' OR ([a] = '1' AND [b] >= '2')) AND ([a] < '3' OR ([a] = '3' AND [b] < '4'))");
    CHECK(of_partition({{"s.p", 'r', {"a", "b"}, "FOR VALUES FROM (1, MINVALUE) TO (3, MAXVALUE)"}}) ==
          "[a] >= '1' AND [a] <= '3'");
    CHECK(of_partition({{"s.p", 'r', {"a", "b"}, "FOR VALUES FROM (1, MAXVALUE) TO (3, MINVALUE)"}}) ==
          "[a] > '1' AND [a] < '3'");
}

TEST_CASE("partitions that no condition names are refused with the way out") {
    const std::string way_out = "name the rows by --where, or take the whole table";
    const auto refused = [&](PartitionLevel level, const std::string& why) {
        const std::string said = of_partition({std::move(level)});
        INFO(said);
        CHECK(said.find(why) != std::string::npos);
        CHECK(said.find(way_out) != std::string::npos);
    };
    refused({"s.p", 'r', {"a"}, "DEFAULT"}, "default partition");
    refused({"s.p", 'h', {"a"}, "FOR VALUES WITH (modulus 2, remainder 0)"}, "by hash");
    refused({"s.p", 'r', {""}, "FOR VALUES FROM (1) TO (2)"}, "by an expression");
}
