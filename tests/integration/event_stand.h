#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/event_ferry.h"
#include "tests/integration/event_judge.h"
#include "tests/integration/event_load.h"
#include "tests/integration/ferry.h"
#include "tests/integration/shop.h"
#include "tests/support/kafka_broker.h"

namespace walferry::testing {

/// A topic of table `item` on the shared broker, and a pipeline of it into either warehouse. `name` is the
/// topics' prefix and the group: one for each test.
struct EventStand {
    EventStand(Target target, const std::string& name, int partitions, EventFerryOptions options = {})
        : topic(name + ".public.item"), topics{{topic, partitions}} {
        shared_broker().create_topic(topic, partitions, {{"max.message.bytes", "8000000"}});
        if (target == Target::Postgres) {
            cluster.emplace();
            cluster->create_database("warehouse");
            options.warehouse.emplace(PgDatabase{*cluster, "warehouse"});
        }
        if (options.topics.empty()) options.topics = {name + ".*"};
        options.group = name;
        ferry.emplace(std::move(options));
    }

    static const std::string& brokers() {
        static const std::string address = shared_broker().address();
        return address;
    }
    EventLoad load(EventLoadOptions options) const { return {brokers(), topic, options}; }
    std::vector<LoggedEvent> events() const { return committed_events(brokers(), topics); }
    /// Of everything that the topic has by now; all workers have ended (DuckDB).
    std::string differences(std::size_t unreadable = 0) const {
        return event_differences(ferry->reader(), events(), {"id", "n", "note"}, unreadable);
    }

    std::string topic;
    std::map<std::string, int> topics;
    std::optional<PgCluster> cluster;  ///< the warehouse's
    std::optional<EventFerry> ferry;
};

}  // namespace walferry::testing
