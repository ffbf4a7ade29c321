#include "capture/debezium/avro_schemas.h"

#include <fmt/format.h>

#include <utility>

#include "capture/debezium/avro_connect_type.h"

namespace walferry::debezium {

namespace {

EnvelopeField envelope_field(std::string_view name) {
    constexpr std::pair<std::string_view, EnvelopeField> names[] = {
        {"before", EnvelopeField::Before},
        {"after", EnvelopeField::After},
        {"source", EnvelopeField::Source},
        {"op", EnvelopeField::Op},
        {"transaction", EnvelopeField::Transaction},
        {"ts_ms", EnvelopeField::Milliseconds},
        {"ts_us", EnvelopeField::Microseconds},
        {"ts_ns", EnvelopeField::Nanoseconds},
        {"message", EnvelopeField::Message},
        {"status", EnvelopeField::Status},
        {"id", EnvelopeField::Id},
        {"event_count", EnvelopeField::EventCount},
        {"data_collections", EnvelopeField::DataCollections},
        {"databaseName", EnvelopeField::Database},
        {"schemaName", EnvelopeField::Schema},
        {"ddl", EnvelopeField::Ddl},
        {"tableChanges", EnvelopeField::PassedOver},
        {"position", EnvelopeField::PassedOver}};
    for (const auto& [known, field] : names) {
        if (known == name) return field;
    }
    return EnvelopeField::Other;
}

Result<std::unique_ptr<const AvroWriter>> make_writer(const RegisteredSchema& schema) {
    auto writer = std::make_unique<AvroWriter>();
    WALFERRY_TRY(parsed, AvroSchema::parse(schema));
    writer->schema = std::move(parsed);
    WALFERRY_TRY(type, connect_type_of(writer->schema.root()));
    writer->type = std::move(type);
    const AvroType* root = value_type(writer->schema.root());
    if (root == nullptr || root->kind != AvroKind::Record)
        return std::unique_ptr<const AvroWriter>(std::move(writer));
    writer->record = root;
    for (const AvroField& field : root->fields) {
        writer->envelope.push_back(envelope_field(field.name));
        if (writer->envelope.back() != EnvelopeField::Source) continue;
        const AvroType* source = value_type(*field.type);
        if (source == nullptr || source->kind != AvroKind::Record) {
            writer->envelope.back() = EnvelopeField::Other;
            continue;
        }
        for (const AvroField& part : source->fields) writer->source.push_back(source_field(part.name));
    }
    return std::unique_ptr<const AvroWriter>(std::move(writer));
}

}  // namespace

SourceField source_field(std::string_view name) {
    constexpr std::pair<std::string_view, SourceField> names[] = {{"connector", SourceField::Connector},
                                                                  {"name", SourceField::Name},
                                                                  {"db", SourceField::Db},
                                                                  {"schema", SourceField::Schema},
                                                                  {"table", SourceField::Table},
                                                                  {"collection", SourceField::Table},
                                                                  {"snapshot", SourceField::Snapshot},
                                                                  {"sequence", SourceField::Sequence},
                                                                  {"lsn", SourceField::Lsn},
                                                                  {"txId", SourceField::TransactionId},
                                                                  {"ts_ms", SourceField::Milliseconds},
                                                                  {"ts_us", SourceField::Microseconds},
                                                                  {"ts_ns", SourceField::Nanoseconds}};
    for (const auto& [known, field] : names) {
        if (known == name) return field;
    }
    return SourceField::PassedOver;
}

Result<const AvroWriter*> AvroSchemas::find(std::int32_t id) {
    if (const auto found = writers_.find(id); found != writers_.end()) return found->second.get();
    if (const auto found = unreadable_.find(id); found != unreadable_.end()) return found->second;
    constexpr std::size_t avro_schemas_max = 20'000;
    if (writers_.size() + unreadable_.size() >= avro_schemas_max)
        return Error{ErrorKind::Data, "more schemas came than any set of tables has: 20000", "", ""};
    WALFERRY_TRY(schema, source_.schema(id));
    auto made = make_writer(schema);
    if (made.has_error()) {
        const Error error = made.error().in(fmt::format("schema {}", id));
        unreadable_.emplace(id, error);
        return error;
    }
    return writers_.emplace(id, std::move(made).value()).first->second.get();
}

}  // namespace walferry::debezium
