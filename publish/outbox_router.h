#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "model/change.h"
#include "model/error.h"
#include "publish/record_batch.h"

namespace walferry::publish {

/// Makes records of the rows that an application inserts into its outbox table, as Debezium's outbox event
/// router does by default (debezium.io, "Outbox Event Router"): topic `outbox.event.<aggregatetype>`, key
/// aggregateid, value payload, header `id`. Key and value are the columns' text, as Kafka's StringConverter
/// writes it. Deletes, by which applications clean up, say nothing; nor do updates and truncates. One thread.
class OutboxRouter {
 public:
    /// Kind Schema when the table has not the columns id, aggregatetype, aggregateid and payload.
    static Result<OutboxRouter> make(const Relation& relation);

    /// Of which version of the relation it was made.
    std::uint64_t version() const { return version_; }

    /// Of an insert. Kind Data where id, aggregatetype or aggregateid is null, or the topic's name would be
    /// none of Kafka's.
    Status append(const ChangeEvent& insert, RecordBatch& batch);

 private:
    std::uint64_t version_ = 0;
    std::size_t id_ = 0, type_ = 0, aggregate_ = 0, payload_ = 0;
    std::set<std::string, std::less<>> topics_;  ///< records point to their names
};

}  // namespace walferry::publish
