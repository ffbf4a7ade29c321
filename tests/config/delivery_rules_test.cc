#include "tests/config/error_cases.h"

using namespace walferry;

TEST_CASE("lineage without a place to go is refused, without its key in the message") {
    check_cases({
        {head + "lineage: {}\n", "f.yaml:4: lineage.url: is missing, allowed: text"},
        {head + "lineage: { url: marquez }\n",
         "f.yaml:4: lineage.url: is no such URL, allowed: http://HOST[:PORT]/PATH or the same with https, "
         "without user and fragment"},
        {head + "lineage: { url: 'http://x/', api_key: \"my secret\" }\n",
         "f.yaml:4: lineage.api_key: does not fit into a header, allowed: printable ASCII without blanks"},
        {head + "lineage: { url: 'http://x/', namespace: '' }\n",
         "f.yaml:4: lineage.namespace: is empty, allowed: any text"},
    });
}

TEST_CASE("an outbox that could not publish is refused, without its URL in the message") {
    check_cases({
        {head + "outbox: {}\n",
         "f.yaml:4: outbox: publishes nowhere, allowed: at least one of notify, webhook, exec, kafka"},
        {head + "outbox:\n",
         "f.yaml:4: outbox: publishes nowhere, allowed: at least one of notify, webhook, exec, kafka"},
        {head + "outbox: { retention: 1d }\n",
         "f.yaml:4: outbox: publishes nowhere, allowed: at least one of notify, webhook, exec, kafka"},
        {head + "outbox: { web_hook: 'http://x' }\n",
         "f.yaml:4: outbox.web_hook: unknown key, the nearest known key is webhook\n"
         "f.yaml:4: outbox: publishes nowhere, allowed: at least one of notify, webhook, exec, kafka"},
        {head + "outbox: { notify: changes }\n",
         "f.yaml:4: outbox.notify: needs a PostgreSQL warehouse, allowed: webhook, exec, kafka"},
        {head + "outbox: { webhook: 'ftp://x/t0ken' }\n",
         "f.yaml:4: outbox.webhook: is no such URL, allowed: http://HOST[:PORT]/PATH or the same with https, "
         "without user and fragment"},
        {head + "outbox: { exec: x, secret: y }\n",
         "f.yaml:4: outbox.secret: signs a webhook and there is none, allowed: with webhook"},
        {head + "outbox: { webhook: 'http://x', secret: '' }\n",
         "f.yaml:4: outbox.secret: is empty, allowed: any text"},
        {head + "outbox: { exec: ' ' }\n", "f.yaml:4: outbox.exec: is empty, allowed: a command of /bin/sh"},
        {head + "outbox: { exec: x, timeout: 0 }\n",
         "f.yaml:4: outbox.timeout: \"0\" is no such value, allowed: a duration such as "
         "500ms, 60s or 24h, from 100ms to 1d"},
    });
    CHECK(error_of("source: { postgres: { connection: dbname=shop } }\n"
                   "warehouse: { postgres: { connection: dbname=w } }\n" +
                   tail + "outbox: { notify: '' }\n")
              .find("f.yaml:4: outbox.notify: \"\" has 0 bytes, allowed: a name of 1 to 63 bytes") == 0);
}
