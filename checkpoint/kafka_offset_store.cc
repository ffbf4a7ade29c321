#include "checkpoint/kafka_offset_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "model/quote.h"

namespace walferry {

namespace {

constexpr const char* offsets_table = "kafka_offset";

/// (topic, partition, next, epoch), …
std::string values_sql(std::span<const PartitionOffset> partitions) {
    std::vector<std::string> rows;
    for (const PartitionOffset& each : partitions) {
        rows.push_back(fmt::format("({}, {}, CAST({} AS bigint), CAST({} AS bigint))",
                                   quote_literal(each.of.topic), each.of.partition, each.next, each.epoch));
    }
    return fmt::format("(VALUES {}) AS p (topic, kafka_partition, next_offset, epoch)",
                       fmt::join(rows, ", "));
}

/// Rows k of the table and p of `values_sql` are of one partition.
std::string same_partition(const ControlSchema& control) {
    return fmt::format("k.pipeline = {} AND k.topic = p.topic AND k.kafka_partition = p.kafka_partition",
                       control.pipeline_literal());
}

}  // namespace

Result<std::vector<PartitionOffset>> KafkaOffsetStore::read(WarehouseSession& session) const {
    WALFERRY_TRY(found,
                 session.query(fmt::format("SELECT topic, kafka_partition, next_offset, epoch FROM {} WHERE "
                                           "pipeline = {} ORDER BY 1, 2",
                                           control_.sql(offsets_table), control_.pipeline_literal())));
    std::vector<PartitionOffset> partitions;
    for (const auto& row : found.rows) {
        partitions.push_back(
            {{row[0].value_or(""), static_cast<std::int32_t>(std::stol(row[1].value_or("0")))},
             std::stoll(row[2].value_or("0")),
             std::stoull(row[3].value_or("0"))});
    }
    return partitions;
}

Result<std::vector<PartitionOffset>> KafkaOffsetStore::take_over(
    WarehouseSession& session, std::span<const PartitionOffset> partitions) const {
    if (partitions.empty()) return std::vector<PartitionOffset>{};
    const std::string table = control_.sql(offsets_table);
    WALFERRY_TRYV(session.begin());
    auto rows = [&]() -> Result<std::vector<PartitionOffset>> {
        WALFERRY_TRYV(session.execute(fmt::format(
            "INSERT INTO {0} (pipeline, topic, kafka_partition, next_offset, epoch, updated_at) SELECT {1}, "
            "p.topic, p.kafka_partition, p.next_offset, 0, now() FROM {2} WHERE NOT EXISTS (SELECT 1 FROM "
            "{0} AS k WHERE {3}) ORDER BY 2, 3{4}",
            table, control_.pipeline_literal(), values_sql(partitions), same_partition(control_),
            control_.kind == WarehouseKind::Postgres ? " ON CONFLICT DO NOTHING" : "")));
        if (control_.kind == WarehouseKind::Postgres) {
            // Workers that take partitions at the same time lock them in one order.
            WALFERRY_TRYV(session.execute(
                fmt::format("SELECT 1 FROM {} WHERE pipeline = {} ORDER BY topic, kafka_partition FOR UPDATE",
                            table, control_.pipeline_literal())));
        }
        WALFERRY_TRYV(session.execute(
            fmt::format("UPDATE {} AS k SET epoch = k.epoch + 1, updated_at = now() FROM {} WHERE {}", table,
                        values_sql(partitions), same_partition(control_))));
        return read(session);
    }();
    if (!rows) {
        session.rollback();
        return rows;
    }
    WALFERRY_TRYV(session.commit());
    std::vector<PartitionOffset> taken;
    for (const PartitionOffset& asked : partitions) {
        const auto row = std::find_if(rows.value().begin(), rows.value().end(),
                                      [&](const PartitionOffset& each) { return each.of == asked.of; });
        if (row != rows.value().end()) taken.push_back(*row);
    }
    return taken;
}

Status KafkaOffsetStore::save(WarehouseSession& session, std::span<const PartitionOffset> partitions) const {
    if (partitions.empty()) return success();
    WALFERRY_TRY(rows, session.modify(fmt::format(
                           "UPDATE {} AS k SET next_offset = p.next_offset, updated_at = "
                           "now() FROM {} WHERE {} AND k.epoch = p.epoch AND "
                           "k.next_offset <= p.next_offset",
                           control_.sql(offsets_table), values_sql(partitions), same_partition(control_))));
    if (rows == partitions.size()) return success();
    return explain_refusal(session, partitions);
}

Status KafkaOffsetStore::hold(WarehouseSession& session, std::span<const PartitionOffset> partitions) const {
    if (partitions.empty()) return success();
    const char* lock = control_.kind == WarehouseKind::Postgres ? " FOR SHARE OF k" : "";
    WALFERRY_TRY(found,
                 session.query(fmt::format("SELECT 1 FROM {} AS k, {} WHERE {} AND k.epoch = p.epoch{}",
                                           control_.sql(offsets_table), values_sql(partitions),
                                           same_partition(control_), lock)));
    if (found.rows.size() == partitions.size()) return success();
    return explain_refusal(session, partitions);
}

Status KafkaOffsetStore::explain_refusal(WarehouseSession& session,
                                         std::span<const PartitionOffset> partitions) const {
    WALFERRY_TRY(rows, read(session));
    for (const PartitionOffset& mine : partitions) {
        const auto row = std::find_if(rows.begin(), rows.end(),
                                      [&](const PartitionOffset& each) { return each.of == mine.of; });
        const std::string name = fmt::format("{}/{}", mine.of.topic, mine.of.partition);
        if (row == rows.end() || row->epoch != mine.epoch) {
            return Error{
                ErrorKind::Fenced,
                fmt::format("another worker of pipeline {} has partition {} by now", control_.pipeline, name),
                "", ""};
        }
        if (row->next > mine.next) {
            return Error{
                ErrorKind::Internal,
                fmt::format("partition {} would go back from offset {} to {}", name, row->next, mine.next),
                "", ""};
        }
    }
    return Error{ErrorKind::Internal, "a partition has more than one row of offsets", "", ""};
}

}  // namespace walferry
