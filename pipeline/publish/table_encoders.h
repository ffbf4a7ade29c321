#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/source_catalog.h"
#include "pipeline/publish/publish_options.h"
#include "pipeline/publish/publish_status.h"
#include "publish/table_encoder.h"

namespace walferry::publish {

/// A table as it is published, as long as its shape stays. `encoder` is null when no rule wants the table.
struct EncodedTable {
    std::unique_ptr<TableEncoder> encoder;
    std::string name;  ///< schema.table
    EventCounts counts;
    std::uint64_t lost_counted = 0;  ///< of the encoder's lost values
};

/// The encoders of a session's tables. A new one is made where the stream describes a table anew; the
/// catalog, which may be ahead, only adds what the stream does not say. One thread.
class TableEncoders {
 public:
    /// All outlive it.
    TableEncoders(const PublishOptions& options, const EnvelopeSettings& settings, SourceCatalog& catalog);

    /// The table of a relation of the stream.
    Result<EncodedTable*> of(const Relation& relation);

    /// The catalog can be so far ahead that it says NOT NULL of a column that was still null in the stream.
    /// Makes an encoder without that promise for the columns that are null in `row`; false when there is no
    /// such column.
    Result<bool> allow_nulls(const Relation& relation, TupleData row);

    /// A table of the snapshot.
    Result<EncodedTable*> of_copy(const SourceTable& table);

    /// Records of encoders that were replaced have been sent.
    void drop_replaced() { replaced_.clear(); }

    /// What was counted since the last call, by table.
    std::map<std::string, EventCounts> take_counts();

 private:
    Result<std::unique_ptr<EncodedTable>> make(const Relation& relation, const TableEncoder* before);
    void replace(std::unique_ptr<EncodedTable>& place, std::unique_ptr<EncodedTable> by);
    void collect(EncodedTable& table);

    const PublishOptions& options_;
    const EnvelopeSettings& settings_;
    SourceCatalog& catalog_;
    Config rules_;
    struct Known {
        std::uint64_t version = 0;
        std::unique_ptr<EncodedTable> table;
    };
    std::unordered_map<RelationId, Known> known_;
    std::vector<std::unique_ptr<EncodedTable>> copied_;
    std::vector<std::unique_ptr<EncodedTable>> replaced_;
    std::map<std::string, EventCounts> counts_;
    const Relation* last_relation_ = nullptr;
    EncodedTable* last_table_ = nullptr;
};

}  // namespace walferry::publish
