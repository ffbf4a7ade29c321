// How many of Debezium's events a core makes of the changes of one table, rows of about 100 bytes. Prints
// events and bytes a second of processor time. Usage: publish_events [COUNT] [schemas|avro]

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <string_view>

#include "model/pg_types.h"
#include "publish/table_encoder.h"

using namespace walferry;
using namespace walferry::publish;

namespace {

PublishedTable orders() {
    struct Wanted {
        const char* name;
        std::uint32_t type;
        std::int32_t modifier;
    };
    constexpr Wanted wanted[] = {
        {"id", pg_types::int8, -1},      {"customer_id", pg_types::int4, -1},
        {"status", pg_types::text, -1},  {"amount", pg_types::numeric, (10 << 16 | 2) + 4},
        {"paid", pg_types::boolean, -1}, {"created_at", pg_types::timestamptz, -1},
        {"note", pg_types::varchar, -1}};
    PublishedTable table;
    table.name = {"public", "orders"};
    for (const Wanted& column : wanted) {
        SourceType type;
        type.oid = column.type;
        type.modifier = column.modifier;
        table.columns.push_back({column.name, type, std::string_view(column.name) == "id"});
        table.in_identity.push_back(table.columns.back().not_null);
    }
    table.key = {0};
    return table;
}

/// Says the same id always: nobody reads what is written.
class OneId final : public SchemaRegistrar {
    Result<std::int32_t> id_of(const std::string&, const std::string&) override { return 1; }
};

}  // namespace

int main(int argc, char** argv) {
    const int count = argc > 1 ? std::atoi(argv[1]) : 2'000'000;
    EnvelopeSettings settings;
    settings.topic_prefix = "shop";
    settings.database = "shop";
    settings.schemas = argc > 2 && std::string_view(argv[2]) == "schemas";
    OneId ids;
    if (argc > 2 && std::string_view(argv[2]) == "avro") {
        settings.format = RecordFormat::Avro;
        settings.registrar = &ids;
    }
    TableEncoder encoder(orders(), settings);
    const auto text = [](std::string_view bytes) { return ColumnValue{ValueKind::Text, bytes}; };
    const ColumnValue row[] = {text("123456789"),
                               text("4711"),
                               text("shipped"),
                               text("12345.67"),
                               text("t"),
                               text("2024-02-29 07:04:56.123456+00"),
                               text("left at the back door, said \"thanks\"")};
    ChangeEvent change;
    change.kind = ChangeKind::Update;
    change.after = row;
    EventSource source;
    source.transaction_id = 4711;
    source.published_ns = 1'795'236'012'856'577'000;
    RecordBatch batch;
    std::size_t bytes = 0;
    const std::clock_t start = std::clock();
    for (int i = 0; i < count; ++i) {
        source.lsn = source.sequence_lsn = Lsn{1'757'181'240U + 100U * static_cast<std::uint64_t>(i)};
        if (!encoder.append_change(change, source, nullptr, batch)) return EXIT_FAILURE;
        if (batch.size() < 1000) continue;
        bytes += batch.byte_count();
        batch.clear();
    }
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    fmt::print("{:.0f} events/s, {:.0f} MB/s\n", count / seconds, static_cast<double>(bytes) / seconds / 1e6);
}
