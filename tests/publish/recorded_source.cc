#include "tests/publish/recorded_source.h"

#include <chrono>

#include "capture/pgoutput/pgoutput_source.h"
#include "capture/snapshot/snapshot_reader.h"
#include "publish/table_description.h"
#include "tests/support/catch.h"
#include "tests/support/must.h"

namespace walferry::publish {

namespace {

using testing::must;

void run_sql(const testing::PgCluster& cluster, const std::string& file) {
    const auto done =
        testing::run({.command = {(cluster.bin() / "psql").string(), "-q", "-X", "-o", "/dev/null", "-d",
                                  cluster.url("golden"), "-f", WALFERRY_RECORDED "/sql/" + file}});
    if (done.exit.code != 0) throw std::runtime_error(file + ": " + done.err);
}

bool recorded(const std::string& schema) {
    return schema == "types" || schema == "b";
}

PublishedTable of_catalog(const SourceTable& table, SourceCatalog& catalog) {
    std::vector<std::optional<SourceType>> types;
    for (const SourceColumn& column : table.columns) types.emplace_back(column.type);
    return describe_table(table, must(catalog.table_facts(table.id)),
                          must(catalog.enum_labels(enums_among(types))));
}

PublishedTable of_stream(const Relation& relation, SourceCatalog& catalog) {
    std::vector<StreamType> wanted;
    for (const Column& column : relation.columns) wanted.push_back({column.type_oid, column.type_modifier});
    const auto types = must(catalog.types(wanted));
    return describe_relation(relation, types, must(catalog.table_facts(relation.id)),
                             must(catalog.enum_labels(enums_among(types))), nullptr);
}

void copy_tables(const std::string& connection, const std::vector<SourceTable>& tables,
                 SourceCatalog& catalog, const std::vector<RecordingPublisher*>& publishers) {
    const auto holder = must(hold_snapshot(connection, tables));
    const auto reader = must(open_copy_reader(connection, holder->name()));
    EventSource source;
    source.time = holder->time();
    source.snapshot = "true";
    source.transaction_id = 1;
    source.lsn = source.sequence_lsn = holder->position();
    for (const SourceTable& table : tables) {
        const PublishedTable published = of_catalog(table, catalog);
        // Binary where all settings take it.
        std::vector<bool> as_text(published.columns.size());
        for (const RecordingPublisher* publisher : publishers) {
            const auto of_one = columns_as_text(plan_row(published, "x", publisher->options()));
            for (std::size_t i = 0; i < as_text.size(); ++i) as_text[i] = as_text[i] || of_one[i];
        }
        for (const CopyChunk& chunk : must(holder->plan(table, 1'000'000))) {
            must(reader->start(table, chunk, as_text));
            std::vector<ColumnValue> row;
            while (const auto bytes = must(reader->next())) {
                must(split_copied_row(*bytes, as_text, row));
                for (RecordingPublisher* publisher : publishers) publisher->read(published, row, source);
            }
        }
    }
}

void stream(ChangeSource& from, Lsn end, SourceCatalog& catalog,
            const std::vector<RecordingPublisher*>& publishers) {
    EventSource source;
    std::map<std::uint64_t, PublishedTable> tables;  // by the relation's version
    must(from.request_position());
    while (true) {
        const SourceEvent event = must(from.next());
        if (const auto* begin = std::get_if<TransactionBegin>(&event)) {
            source.time = begin->transaction.commit_time;
            source.transaction_id = begin->transaction.xid;
        }
        if (const auto* change = std::get_if<ChangeEvent>(&event)) {
            const Relation& relation = *change->relation;
            source.lsn = source.sequence_lsn = change->lsn;
            if (!recorded(relation.schema)) continue;
            if (tables.count(relation.version) == 0)
                tables.emplace(relation.version, of_stream(relation, catalog));
            for (RecordingPublisher* publisher : publishers)
                publisher->change(tables.at(relation.version), *change, source);
        }
        if (const auto* commit = std::get_if<TransactionCommit>(&event)) {
            source.lsn = commit->transaction.end_lsn;
            for (RecordingPublisher* publisher : publishers) publisher->end_transaction(source);
            source.previous_commit = commit->transaction.end_lsn;
        }
        if (const auto* keepalive = std::get_if<Keepalive>(&event); keepalive && keepalive->position >= end)
            return;
        if (!std::holds_alternative<NothingYet>(event)) continue;
        from.wait(-1, std::chrono::milliseconds(100));
        must(from.keep_alive());
        must(from.request_position());
    }
}

}  // namespace

RecordingPublisher::RecordingPublisher(EnvelopeSettings settings, bool transactions)
    : settings_(std::move(settings)) {
    if (!transactions) return;
    transactions_ = std::make_unique<TransactionRecords>(settings_);
    must(transactions_->prepare());
}

TableEncoder& RecordingPublisher::encoder(const PublishedTable& table, std::uint64_t version) {
    auto& encoder = encoders_[{table.name, version}];
    if (encoder == nullptr) encoder = std::make_unique<TableEncoder>(table, settings_);
    return *encoder;
}

void RecordingPublisher::read(const PublishedTable& table, TupleData row, const EventSource& source) {
    must(encoder(table, 0).append_read(row, source, batch_));
    keep();
}

void RecordingPublisher::change(const PublishedTable& table, const ChangeEvent& change,
                                const EventSource& source) {
    must(encoder(table, change.relation->version).append_change(change, source, transactions_.get(), batch_));
    keep();
}

void RecordingPublisher::end_transaction(const EventSource& source) {
    if (transactions_ != nullptr) transactions_->end(source, batch_);
    keep();
}

void RecordingPublisher::keep() {
    const ContextHeaders context{settings_.topic_prefix, "0", "postgresql", "run"};
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        const PublishedRecord record = batch_[i];
        raw_.push_back({std::string(record.topic),
                        {},
                        {},
                        std::string(record.key_header),
                        std::string(record.other_key)});
        if (record.key) raw_.back().key = *record.key;
        if (record.value) raw_.back().value = *record.value;
        if (settings_.format == RecordFormat::Avro) continue;
        EventRecord event;
        event.topic = record.topic.substr(settings_.topic_prefix.size() + 1);
        if (record.key) event.key = nlohmann::json::parse(*record.key);
        if (record.value) event.value = nlohmann::json::parse(*record.value);
        if (record.has_context) {
            for (const auto& [name, value] : context.all()) event.headers[std::string(name)] = value;
        }
        if (!record.key_header.empty()) event.headers[std::string(record.key_header)] = record.other_key;
        topics_[event.topic].push_back(std::move(event));
    }
    batch_.clear();
}

void publish_recorded_source(const std::vector<RecordingPublisher*>& publishers) {
    const testing::PgCluster cluster;
    cluster.create_database("golden");
    run_sql(cluster, "types.sql");
    run_sql(cluster, "behave.sql");
    cluster.exec("CREATE PUBLICATION everything FOR ALL TABLES", "golden");
    const std::string connection = cluster.url("golden");
    const Lsn start = must(create_slot(connection, "walferry"));
    const auto catalog = must(connect_source_catalog(connection));
    std::vector<SourceTable> tables;
    for (SourceTable& table : must(catalog->published_tables("everything")))
        if (recorded(table.schema)) tables.push_back(std::move(table));
    copy_tables(connection, tables, *catalog, publishers);
    run_sql(cluster, "stream.sql");
    const Lsn end = must(catalog->wal_position());
    const auto source = must(start_pgoutput({connection, "walferry", "everything", start}));
    stream(*source, end, *catalog, publishers);
}

}  // namespace walferry::publish
