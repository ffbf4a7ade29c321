#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "publish/avro_sink.h"
#include "publish/envelope.h"

namespace walferry::publish {

/// Writes the parts of an envelope that are not rows, in Avro: fields of source_schema and its like.
class AvroEnvelope {
 public:
    explicit AvroEnvelope(const EnvelopeSettings& settings)
        : version_(settings.version), prefix_(settings.topic_prefix), database_(settings.database) {}

    /// Field `source`.
    void write_source(AvroSink& sink, const EventSource& source, std::string_view schema,
                      std::string_view table) const;
    /// Field `transaction`: null without an order.
    static void write_transaction(AvroSink& sink, const EventSource& source,
                                  const std::optional<TransactionOrder>& order);
    /// Fields ts_ms, ts_us and ts_ns.
    static void write_times(AvroSink& sink, const EventSource& source);
    /// Field `id` of a transaction: txid:lsn.
    static void write_transaction_id(AvroSink& sink, const EventSource& source);

 private:
    std::string version_, prefix_, database_;
};

}  // namespace walferry::publish
