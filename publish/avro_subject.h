#pragma once

#include <string>

#include "kafka/schema_source.h"
#include "publish/avro_sink.h"
#include "publish/connect_schema.h"

namespace walferry::publish {

/// The keys or the values of a topic in Avro: their schema, and the id that the registry gave it.
class AvroSubject {
 public:
    /// `subject`: <topic>-key or <topic>-value. Registers nothing yet.
    AvroSubject(std::string subject, const ConnectSchema& schema);

    /// Registers the schema unless that is done. Kinds: those of SchemaRegistrar; Schema for one that Avro
    /// has no names for.
    Status prepare(SchemaRegistrar& registrar);

    /// Begins a record: the zero byte, the id, and the sink expects the value. Only after `prepare`.
    void begin(std::string& to, AvroSink& sink) const;

 private:
    std::string subject_;
    Result<std::string> schema_;
    AvroShape shape_;
    std::string head_;  // empty: not registered yet
};

}  // namespace walferry::publish
