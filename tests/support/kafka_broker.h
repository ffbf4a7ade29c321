#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

struct rd_kafka_s;

namespace walferry::testing {

/// A throw-away Kafka broker (KRaft, one node) on a free port of 127.0.0.1, from .deps/kafka. Gone with the
/// object, and with the test process however that ends. Make it in the test's main thread.
class KafkaBroker {
 public:
    /// Makes the broker's data and starts it. `settings` are added to server.properties.
    explicit KafkaBroker(const std::map<std::string, std::string>& settings = {});
    ~KafkaBroker();
    KafkaBroker(const KafkaBroker&) = delete;
    KafkaBroker& operator=(const KafkaBroker&) = delete;

    /// Comes back after it answers. Ports and data are those of before.
    void start();
    /// An orderly shutdown.
    void stop();
    /// SIGKILL.
    void kill();
    bool running();
    pid_t pid() const { return server_ ? server_->pid() : -1; }

    int port() const { return port_; }
    /// What `brokers` wants.
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    std::string log() const { return read_file(dir_ / "server.log"); }

    /// Makes a topic with its own settings, e.g. {"cleanup.policy", "compact"}; waits until it can be used.
    void create_topic(const std::string& name, int partitions = 1,
                      const std::map<std::string, std::string>& settings = {}) const;
    /// Deletes the records before `offset`, as retention would.
    void delete_records(const std::string& topic, int partition, std::int64_t offset) const;
    void delete_topic(const std::string& name) const;
    /// What Kafka has stored for a consumer group; -1: nothing.
    std::int64_t group_offset(const std::string& group, const std::string& topic, int partition) const;

 private:
    struct HandleCloser {
        void operator()(rd_kafka_s* handle) const noexcept;
    };

    void write_settings(const std::map<std::string, std::string>& settings) const;
    bool answers() const;

    TempDir dir_;
    int port_ = 0;
    int controller_port_ = 0;
    std::unique_ptr<rd_kafka_s, HandleCloser> handle_;
    std::optional<Process> server_;
};

/// The one broker of this test executable, started when it is first asked for; only then `settings` count.
KafkaBroker& shared_broker(const std::map<std::string, std::string>& settings = {});

}  // namespace walferry::testing
