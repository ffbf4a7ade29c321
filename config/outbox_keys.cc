#include "config/outbox_keys.h"

namespace walferry {

std::vector<Key> outbox_keys() {
    return {
        {.path = "outbox",
         .type = KeyType::Section,
         .description =
             "Who hears of what is committed in the warehouse: one or more of notify, webhook, exec, kafka"},
        {.path = "outbox.notify",
         .type = KeyType::Text,
         .description = "Channel of a PostgreSQL warehouse that each row is sent to with NOTIFY"},
        {.path = "outbox.webhook",
         .type = KeyType::Text,
         .description = "http or https URL that each row is posted to as JSON"},
        {.path = "outbox.secret",
         .type = KeyType::Text,
         .description = "Key of the HMAC-SHA-256 in the webhook's header X-Walferry-Signature"},
        {.path = "outbox.exec",
         .type = KeyType::Text,
         .description = "Command that /bin/sh runs for each row, with its JSON on stdin; 0 is success"},
        {.path = "outbox.kafka",
         .type = KeyType::Text,
         .description = "Kafka topic that each row is sent to, by the brokers and properties of "
                        "publish.kafka or source.kafka"},
        {.path = "outbox.timeout",
         .type = KeyType::Duration,
         .description = "How long one request or one run of the command may take",
         .default_text = "30s",
         .least = 100,
         .most = 24 * hour_ms},
        {.path = "outbox.retention",
         .type = KeyType::Duration,
         .description = "How long published rows are kept; others are kept until they are published",
         .default_text = "7d",
         .least = 1'000,
         .most = 3650 * day_ms},
        {.path = "lineage",
         .type = KeyType::Section,
         .description = "Where OpenLineage events of copies, resyncs and schema changes go"},
        {.path = "lineage.url",
         .type = KeyType::Text,
         .description =
             "http or https URL that each event is posted to, such as http://marquez:5000/api/v1/lineage",
         .required = true},
        {.path = "lineage.api_key", .type = KeyType::Text, .description = "Sent as bearer token"},
        {.path = "lineage.namespace",
         .type = KeyType::Text,
         .description = "Namespace of the jobs",
         .default_text = "walferry"},
    };
}

}  // namespace walferry
