#include "pipeline/outbox/command_publisher.h"

#include "pipeline/outbox/outbox_message.h"

namespace walferry {

Status CommandPublisher::publish(const OutboxRow& row, std::stop_token stop) {
    return run_shell_command(command_, outbox_json(row) + "\n", std::move(stop));
}

}  // namespace walferry
