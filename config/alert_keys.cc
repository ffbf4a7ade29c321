#include "config/alert_keys.h"

namespace walferry {

std::vector<Key> alert_keys() {
    return {
        {.path = "alerts",
         .type = KeyType::SectionList,
         .description = "Who is told when something is wrong, for those without Prometheus"},
        {.path = "alerts[]",
         .type = KeyType::Section,
         .description = "A condition, and who is told when it begins and ends to hold",
         .one_of = {"webhook", "exec"}},
        {.path = "alerts[].when",
         .type = KeyType::Text,
         .description = "Condition: NAME OP NUMBER, such as lag_seconds > 60",
         .required = true},
        {.path = "alerts[].name",
         .type = KeyType::Text,
         .description = "Name of the alert. Default: the condition"},
        {.path = "alerts[].for",
         .type = KeyType::Duration,
         .description = "How long the condition must hold before the alert fires",
         .default_text = "0s",
         .least = 0,
         .most = 365 * day_ms},
        {.path = "alerts[].webhook",
         .type = KeyType::Text,
         .description = "http or https URL that gets a JSON body which Slack's incoming webhooks take"},
        {.path = "alerts[].secret",
         .type = KeyType::Text,
         .description = "Key of the HMAC-SHA-256 in the webhook's header X-Walferry-Signature"},
        {.path = "alerts[].exec",
         .type = KeyType::Text,
         .description = "Command that /bin/sh runs with the same JSON on stdin; 0 is success"},
        {.path = "alerts[].runbook",
         .type = KeyType::Text,
         .description = "What the message links to. Default: the section of walferry's own runbook"},
        {.path = "alerts[].repeat",
         .type = KeyType::Duration,
         .description = "How often an alert that goes on firing is told again; 0s tells it once",
         .default_text = "4h",
         .least = 0,
         .most = 365 * day_ms},
    };
}

}  // namespace walferry
