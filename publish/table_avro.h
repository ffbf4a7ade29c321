#pragma once

#include <memory>
#include <string>
#include <vector>

#include "publish/avro_envelope.h"
#include "publish/avro_subject.h"
#include "publish/row_plan.h"

namespace walferry::publish {

/// What a TableEncoder that writes Avro has made once for its table.
struct TableAvro {
    TableAvro(const RowPlan& plan, const EnvelopeSettings& settings);

    /// Registers the schemas, unless that is done.
    Status prepare();

    SchemaRegistrar* registrar;
    AvroSubject key, value;
    AvroEnvelope envelope;
    std::string unavailable;
    /// By column, what Debezium writes where it has to write something, in Avro; empty where there is
    /// nothing.
    std::vector<std::string> fillers;
    bool has_key;
    bool is_ready = false;
};

}  // namespace walferry::publish
