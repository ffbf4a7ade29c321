#pragma once

#include <memory>

#include "config/config.h"
#include "pipeline/delivery/webhook_client.h"
#include "pipeline/lineage/lineage_event.h"
#include "pipeline/outbox/outbox_publisher.h"
#include "pipeline/outbox/session_source.h"

namespace walferry {

/// Posts an OpenLineage event for each row that has lineage; others it takes and forgets.
class LineagePublisher : public OutboxPublisher {
 public:
    LineagePublisher(const Config& config, SessionSource connect);

    std::string name() const override { return "lineage, " + client_.name(); }
    Status publish(const OutboxRow& row, std::stop_token stop) override;

 private:
    Result<std::optional<std::vector<ExistingColumn>>> columns_of(const std::string& target,
                                                                  std::stop_token stop);

    LineageConfig lineage_;
    LineageEnds ends_;
    SessionSource connect_;
    std::unique_ptr<WarehouseSession> session_;
    WebhookClient client_;
};

}  // namespace walferry
