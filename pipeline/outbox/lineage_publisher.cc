#include "pipeline/outbox/lineage_publisher.h"

namespace walferry {

LineagePublisher::LineagePublisher(const Config& config, SessionSource connect)
    : lineage_(*config.lineage),
      ends_(lineage_ends(config)),
      connect_(std::move(connect)),
      client_({lineage_.url, "", config.outbox->time_max, lineage_.api_key}) {}

Status LineagePublisher::publish(const OutboxRow& row, std::stop_token stop) {
    if (!has_lineage(row)) return success();
    auto columns = columns_of(row.target_table, stop);
    if (!columns) {
        session_.reset();
        return columns.error();
    }
    return client_.post(lineage_event(row, lineage_, ends_, columns.value()), std::move(stop));
}

/// Schema and table may have dots of their own: whichever way of reading the name finds a table is right.
Result<std::optional<std::vector<ExistingColumn>>> LineagePublisher::columns_of(const std::string& target,
                                                                                std::stop_token stop) {
    if (session_ == nullptr) {
        WALFERRY_TRY(session, connect_());
        session_ = std::move(session);
    }
    const std::stop_callback interrupt(std::move(stop), [this] { session_->interrupt(); });
    for (auto dot = target.find('.'); dot != std::string::npos; dot = target.find('.', dot + 1)) {
        WALFERRY_TRY(columns, session_->describe_table(
                                  {session_->catalog(), target.substr(0, dot), target.substr(dot + 1)}));
        if (columns) return columns;
    }
    return std::optional<std::vector<ExistingColumn>>();
}

}  // namespace walferry
