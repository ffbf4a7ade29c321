#include "capture/snapshot/copy_stream.h"

#include "capture/snapshot/copy_select.h"
#include "tests/support/catch.h"

namespace walferry {
namespace {

const std::string header("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
const std::string row_one("\0\2\0\0\0\1a\377\377\377\377", 11);  // 'a', NULL
const std::string row_two("\0\2\0\0\0\0\0\0\0\2bc", 12);         // '', 'bc'
const std::string trailer("\377\377", 2);

std::optional<Error> error_in(const std::string& bytes) {
    CopyStream stream(2);
    stream.add(bytes);
    while (true) {
        const auto row = stream.row();
        if (!row) return row.error();
        if (!row.value()) return std::nullopt;
    }
}

SourceTable two_columns() {
    SourceTable table;
    table.columns.resize(2);
    table.columns[0].name = "id";
    table.columns[1].name = "na\"me";
    return table;
}

}  // namespace

TEST_CASE("a stream gives the same rows in whatever pieces it comes") {
    const std::string whole = header + row_one + row_two + trailer;
    for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
        CopyStream stream(2);
        std::vector<std::string> rows;
        std::unique_ptr<std::string> bytes;
        for (std::size_t at = 0; at < whole.size(); at += piece) {
            // A piece has memory of its own, which is gone once the next one was added.
            auto next = std::make_unique<std::string>(whole.substr(at, piece));
            stream.add(*next);
            bytes = std::move(next);
            while (true) {
                const auto row = stream.row();
                REQUIRE(row.has_value());
                if (!row.value()) break;
                rows.emplace_back(*row.value());
            }
        }
        CHECK(stream.ended());
        REQUIRE(rows.size() == 2);
        CHECK(rows[0] == row_one.substr(2));
        CHECK(rows[1] == row_two.substr(2));
    }
}

TEST_CASE("a header extension is skipped") {
    std::string extended = header;
    extended[18] = 3;
    CopyStream stream(2);
    const std::string first = extended + "xyz";
    stream.add(first);
    CHECK(!stream.row().value());
    const std::string rest = row_one;
    stream.add(rest);
    CHECK(stream.row().value() == row_one.substr(2));
}

TEST_CASE("bytes that are no such stream are an error of kind Protocol") {
    const auto is_protocol = [](const std::string& bytes) {
        const auto error = error_in(bytes);
        return error && error->kind == ErrorKind::Protocol;
    };
    CHECK(is_protocol("PGCOPX" + header.substr(6)));
    CHECK(is_protocol(header.substr(0, 11) + std::string("\0\1\0\0\0\0\0\0", 8)));
    CHECK(is_protocol(header.substr(0, 15) + "\377\377\377\377"));
    CHECK(is_protocol(header + std::string("\0\3", 2)));
    CHECK(is_protocol(header + std::string("\377\376", 2)));
    CHECK(is_protocol(header + std::string("\0\2\377\377\377\376", 6)));
    CHECK(is_protocol(header + trailer + "x"));
    CHECK(!error_in(header + row_one + row_two.substr(0, 7)));
}

TEST_CASE("a heap is split into ranges without a gap, the last one open") {
    const CopyChunk heap{.heap = 1, .schema = "s", .name = "t", .first_page = 0, .end_page = {}};
    const auto chunks = split_heap(heap, 25, 10, true);
    REQUIRE(chunks.size() == 3);
    CHECK(chunks[0].first_page == 0);
    CHECK(chunks[0].end_page == 10u);
    CHECK(chunks[1].first_page == 10);
    CHECK(chunks[1].end_page == 20u);
    CHECK(chunks[2].first_page == 20);
    CHECK(!chunks[2].end_page);
    CHECK(split_heap(heap, 10, 10, true).size() == 1);
    CHECK(split_heap(heap, 0, 10, true).size() == 1);
    CHECK(split_heap(heap, 25, 10, false).size() == 1);
    CHECK(split_heap(heap, 2, 0, true).size() == 2);
}

TEST_CASE("the statement honours page range and row filter, and quotes names") {
    SourceTable table = two_columns();
    CopyChunk chunk{.heap = 1, .schema = "s", .name = "t", .first_page = 3, .end_page = 5};
    table.row_filter = "(id > 0)";
    CHECK(copy_select(table, chunk, {false, false}) ==
          "COPY (SELECT \"id\", \"na\"\"me\" FROM ONLY \"s\".\"t\" WHERE ctid >= '(3,0)'::pg_catalog.tid AND "
          "ctid < '(5,0)'::pg_catalog.tid AND ((id > 0))) TO STDOUT (FORMAT binary)");
    chunk.first_page = 0;
    chunk.end_page.reset();
    table.row_filter.clear();
    CHECK(copy_select(table, chunk, {false, false}) ==
          "COPY (SELECT \"id\", \"na\"\"me\" FROM ONLY \"s\".\"t\") TO STDOUT (FORMAT binary)");
}

}  // namespace walferry
