#include <fmt/format.h>
#include <httplib.h>

#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "model/quote.h"
#include "tests/integration/ferry.h"
#include "tests/integration/oracle/judge.h"
#include "tests/integration/oracle/log_replay.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"
#include "tests/support/kafka_broker.h"

using namespace walferry::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// tests/soak sets both.
int loop_setting(const char* variable, int otherwise) {
    const char* text = std::getenv(variable);
    return text && *text ? std::atoi(text) : otherwise;
}

struct LoopTable {
    const char* name;   ///< as `match` wants it
    const char* topic;  ///< below the prefix
};

/// public.exotic is left out: its values come in forms of Debezium's, such as money as a number.
constexpr std::array loop_tables = {
    LoopTable{"public.single_key", "public.single_key"},
    LoopTable{"public.composite_key", "public.composite_key"},
    LoopTable{"public.text_key", "public.text_key"}, LoopTable{"public.uuid_key", "public.uuid_key"},
    LoopTable{"public.counters", "public.counters"}, LoopTable{"public.full_keyed", "public.full_keyed"},
    LoopTable{"public.by_index", "public.by_index"}, LoopTable{"public.parted", "public.parted"},
    LoopTable{"Odd Schema.Weird \\\"Table", "Odd_Schema.Weird__Table"},
    // With several partitions, order among all rows would be lost, and unchanged values of a moved row:
    LoopTable{"public.full_no_key", "public.full_no_key"}, LoopTable{"public.wide", "public.wide"}};
constexpr std::size_t tables_for_several_partitions = loop_tables.size() - 2;

struct LoopOptions {
    std::uint64_t seed = 1;
    int partitions = 1;
    std::size_t workers = 1;
    bool postgres_warehouse = false;
    /// `debezium` drops the trailing zeros of a numeric without scale, which public.full_no_key has.
    const char* fidelity = "exact";
};

/// One walferry of the loop, with a configuration, a log and a port of its own.
class LoopProcess {
 public:
    LoopProcess(const TempDir& dir, std::string name, const std::string& settings)
        : name_(std::move(name)),
          config_(dir / (name_ + ".yaml")),
          log_(dir / (name_ + ".log")),
          http_port_(free_port()) {
        write_file(config_, fmt::format("{}http: {{ listen: 127.0.0.1:{} }}\n", settings, http_port_));
    }

    const std::string& name() const { return name_; }
    void start() {
        said_ = log_bytes();
        process_.emplace(ProcessOptions{.command = {walferry_binary(), "run", config_}, .output = log_});
    }
    void kill() { process_.reset(); }
    bool running() { return process_ && process_->running(); }
    /// Before its first word walferry has not taken SIGTERM over yet, and simply dies of it.
    Exit stop() {
        eventually([&] { return log_bytes() > said_ || !running(); });
        process_->signal(SIGTERM);
        const auto exit = process_->wait(seconds(60));
        process_.reset();
        return exit.value_or(Exit{0, SIGKILL});
    }
    Completed command(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin() + 1, config_.string());
        return run_walferry(std::move(arguments), seconds(180));
    }
    nlohmann::json status() const {
        httplib::Client service("127.0.0.1", http_port_);
        const auto answer = service.Get("/api/v1/status");
        if (!answer || answer->status != 200) return nlohmann::json::object();
        return nlohmann::json::parse(answer->body, nullptr, false);
    }
    std::string log_tail() const {
        const std::string text = read_file(log_);
        constexpr std::size_t bytes_max = 4000;
        return fmt::format("--- {}:\n{}\n", name_,
                           text.size() <= bytes_max ? text : "…" + text.substr(text.size() - bytes_max));
    }

 private:
    std::uintmax_t log_bytes() const {
        return std::filesystem::exists(log_) ? std::filesystem::file_size(log_) : 0;
    }

    std::string name_;
    std::filesystem::path config_;
    std::filesystem::path log_;
    int http_port_;
    std::uintmax_t said_ = 0;  ///< bytes of its log when it was started
    std::optional<Process> process_;
};

/// A source, published to a broker, from which workers of one pipeline keep a warehouse.
class KafkaLoop {
 public:
    explicit KafkaLoop(const LoopOptions& options);

    void start();
    /// One fault, and then a while of peace. Throws when a walferry ended by itself, or goes on no more.
    void strike(int number, int faults);
    Exit stop_publisher() { return publisher_->stop(); }
    /// In turn to the end of all that is committed.
    Completed publish_the_rest() const { return publisher_->command({"run", "--until-caught-up"}); }
    Completed read_the_rest() const { return workers_.front().command({"run", "--until-caught-up"}); }
    void stop_workers();

    /// Of the upsert targets and the source; at rest.
    std::string differences() const;
    /// What is wrong with the append targets, by themselves and against the upsert targets; at rest.
    std::string log_faults() const;
    std::int64_t dead_letters() const;

    PgCluster& source() { return source_; }
    std::string log_tails() const;
    const std::map<std::string, int>& counts() const { return counts_; }

 private:
    enum class LoopFault { KillPublisher, KillWorker, KillBoth, RestartBroker, RestartSource };

    std::string reader_settings() const;
    LoopFault choose(int number, int faults);
    void inflict(LoopFault fault);
    void await_progress();
    std::string published_to() const;
    std::int64_t applied();
    TargetReader targets() const;
    std::size_t table_count() const;

    LoopOptions options_;
    Random random_;
    PgCluster source_{{.fsync = true}};
    KafkaBroker broker_;
    std::optional<PgCluster> warehouse_;
    TempDir dir_{"kafka-loop"};
    std::optional<LoopProcess> publisher_;
    std::vector<LoopProcess> workers_;
    std::map<std::string, std::int64_t> applied_;  ///< offset by partition, the highest that was seen
    std::map<std::string, int> counts_;
};

KafkaLoop::KafkaLoop(const LoopOptions& options) : options_(options), random_(options.seed) {
    create_workload_tables(source_, "shop");
    if (options.postgres_warehouse) {
        warehouse_.emplace(PgClusterOptions{.fsync = true});
        warehouse_->create_database("warehouse");
    }
    std::string rules;
    for (std::size_t i = 0; i < table_count(); ++i) {
        rules += fmt::format("  - match: \"{}\"\n", loop_tables[i].name);
        broker_.create_topic(std::string("shop.") + loop_tables[i].topic, options.partitions);
    }
    publisher_.emplace(dir_, "publisher",
                       fmt::format("pipeline: shop\n"
                                   "source:\n"
                                   "  postgres: {{ connection: \"{}\" }}\n"
                                   "publish:\n"
                                   "  kafka:\n"
                                   "    brokers: {}\n"
                                   "    topic_prefix: shop\n"
                                   "    schemas_enable: true\n"
                                   "    fidelity: {}\n"
                                   "    properties: {{ linger.ms: 5, compression.type: lz4 }}\n"
                                   "tables:\n{}",
                                   source_.url("shop"), broker_.address(), options.fidelity, rules));
    for (std::size_t i = 0; i < options.workers; ++i)
        workers_.emplace_back(dir_, fmt::format("worker_{}", i), reader_settings());
}

std::size_t KafkaLoop::table_count() const {
    return options_.partitions > 1 ? tables_for_several_partitions : loop_tables.size();
}

std::string KafkaLoop::reader_settings() const {
    const std::string warehouse =
        warehouse_ ? fmt::format("postgres: {{ connection: \"{}\" }}", warehouse_->url("warehouse"))
                   : fmt::format("duckdb: {{ path: \"{}\", memory_limit: 256MiB, threads: 2 }}",
                                 (dir_ / "shop.duckdb").string());
    // A member that was killed keeps its partitions for session.timeout.ms.
    return fmt::format(
        "pipeline: shop\n"
        "source:\n"
        "  kafka:\n"
        "    brokers: {}\n"
        "    topics: [\"shop.public.*\", \"shop.Odd_Schema.*\"]\n"
        "    properties: {{ session.timeout.ms: 1000, heartbeat.interval.ms: 200 }}\n"
        "warehouse:\n"
        "  {}\n"
        "tables:\n"
        "  - match: \"*.*\"\n"
        "    targets: [ {{ mode: upsert }}, {{ mode: append }} ]\n"
        "batch: {{ max_rows: 2000 }}\n",
        broker_.address(), warehouse);
}

void KafkaLoop::start() {
    publisher_->start();
    for (LoopProcess& worker : workers_) worker.start();
}

/// The restarts have their places; what is killed, and when, is drawn.
KafkaLoop::LoopFault KafkaLoop::choose(int number, int faults) {
    if (options_.workers > 1 && number == faults / 3) return LoopFault::RestartBroker;
    if (options_.workers > 1 && number == faults * 2 / 3) return LoopFault::RestartSource;
    const std::uint64_t dice = below(random_, 10);
    if (dice < 4) return LoopFault::KillPublisher;
    return dice < 9 ? LoopFault::KillWorker : LoopFault::KillBoth;
}

void KafkaLoop::inflict(LoopFault fault) {
    LoopProcess& worker = workers_[below(random_, workers_.size())];
    switch (fault) {
        case LoopFault::KillPublisher:
            ++counts_["SIGKILL of the publisher"];
            publisher_->kill();
            return publisher_->start();
        case LoopFault::KillWorker:
            ++counts_["SIGKILL of " + worker.name()];
            worker.kill();
            return worker.start();
        case LoopFault::KillBoth:
            inflict(LoopFault::KillPublisher);
            return inflict(LoopFault::KillWorker);
        case LoopFault::RestartBroker:
            ++counts_["crash of the broker"];
            broker_.kill();
            return broker_.start();
        case LoopFault::RestartSource:
            ++counts_["crash of the source"];
            return source_.restart(StopMode::Immediate);
    }
}

std::string KafkaLoop::published_to() const {
    return source_.value("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE database = 'shop'",
                         "shop");
}

std::int64_t KafkaLoop::applied() {
    for (const LoopProcess& worker : workers_) {
        const nlohmann::json status = worker.status();
        if (!status.is_object() || !status.contains("partitions")) continue;
        for (const nlohmann::json& each : status["partitions"]) {
            std::int64_t& seen =
                applied_[fmt::format("{} {}", each.value("topic", ""), each.value("partition", 0))];
            seen = std::max(seen, each.value("offset", std::int64_t{0}));
        }
    }
    return std::accumulate(applied_.begin(), applied_.end(), std::int64_t{0},
                           [](std::int64_t sum, const auto& each) { return sum + each.second; });
}

/// The faults meet processes at work only when these get to it again from time to time.
void KafkaLoop::await_progress() {
    const std::string published_before = published_to();
    if (!eventually([&] { return published_to() != published_before; }, seconds(60)))
        throw std::runtime_error("nothing is published any more, beyond " + published_before);
    const std::int64_t applied_before = applied();
    if (!eventually([&] { return applied() > applied_before; }, seconds(60)))
        throw std::runtime_error("nothing is applied any more");
}

void KafkaLoop::strike(int number, int faults) {
    inflict(choose(number, faults));
    if (below(random_, 3) == 0) await_progress();
    std::this_thread::sleep_for(milliseconds(below(random_, 300)));
    if (!publisher_->running()) throw std::runtime_error("the publisher ended by itself");
    for (LoopProcess& worker : workers_)
        if (!worker.running()) throw std::runtime_error(worker.name() + " ended by itself");
}

void KafkaLoop::stop_workers() {
    for (LoopProcess& worker : workers_) {
        INFO(worker.name());
        CHECK(worker.stop() == Exit{0, 0});
    }
}

std::string KafkaLoop::differences() const {
    std::set<std::string> left_out = {"public.exotic"};
    for (std::size_t i = table_count(); i < loop_tables.size(); ++i) left_out.insert(loop_tables[i].name);
    const PgDatabase source{source_, "shop"};
    if (warehouse_)
        return walferry::testing::differences(source, PgDatabase{*warehouse_, "warehouse"}, left_out);
    return walferry::testing::differences(source, DuckDbFile(dir_ / "shop.duckdb"), left_out);
}

TargetReader KafkaLoop::targets() const {
    if (warehouse_) return TargetReader(PgDatabase{*warehouse_, "warehouse"});
    return TargetReader(dir_ / "shop.duckdb");
}

std::string KafkaLoop::log_faults() const {
    const auto connection = source_.connect("shop");
    pqxx::nontransaction session(*connection);
    set_oracle_session(session);
    const SourceTables tables(session);
    const TargetReader reader = targets();
    ValuePool pool;
    std::string report;
    std::size_t logs = 0;
    for (const OracleTable& table : tables.all()) {
        const DecodedName log{table.name.schema, table.name.name + "_changes"};
        const std::string sql =
            walferry::quote_identifier(log.schema) + "." + walferry::quote_identifier(log.name);
        const std::string is_log = fmt::format(
            "SELECT 1 AS x FROM information_schema.tables WHERE table_schema = {} AND table_name = {}",
            walferry::quote_literal(log.schema), walferry::quote_literal(log.name));
        if (reader.rows(is_log).empty()) continue;
        ++logs;
        for (const char* once : {"_topic, _partition, _offset", "_lsn, _op"}) {
            const std::string twice_sql = fmt::format(
                "SELECT count(*) AS n FROM {} WHERE _op <> 'r' GROUP BY {} HAVING count(*) > 1", sql, once);
            const std::size_t twice = reader.rows(twice_sql).size();
            if (twice > 0) report += fmt::format("{}: {} × ({}) more than once\n", table.text(), twice, once);
        }
        if (table.key.empty()) continue;
        const ReplayedLog replayed = replay_log(table, logged_rows(reader, table, log, pool), pool);
        const std::string found =
            row_differences(replayed.rows, stored_rows(reader, table, table.name, pool));
        if (!found.empty()) report += "by its log, of " + table.text() + ":\n" + found;
    }
    if (logs != table_count()) report += fmt::format("{} logs for {} tables\n", logs, table_count());
    return report;
}

std::int64_t KafkaLoop::dead_letters() const {
    const Completed completed = workers_.front().command({"status", "--json"});
    return nlohmann::json::parse(completed.out).value("dead_letters", std::int64_t{-1});
}

std::string KafkaLoop::log_tails() const {
    std::string tails = publisher_->log_tail();
    for (const LoopProcess& worker : workers_) tails += worker.log_tail();
    return tails;
}

void survive_the_loop(LoopOptions options) {
    const int faults = std::max(3, loop_setting("WALFERRY_SOAK_FAULTS", 27));
    options.seed = static_cast<std::uint64_t>(loop_setting("WALFERRY_SEED", static_cast<int>(options.seed)));
    INFO(fmt::format("again with WALFERRY_SOAK_FAULTS={} WALFERRY_SEED={}", faults, options.seed));
    KafkaLoop loop(options);
    Workload workload(
        loop.source(), "shop",
        {.seed = options.seed, .truncates = options.partitions == 1, .large_rows = 2000, .pause_ms = 20});
    workload.run(20);
    loop.start();
    workload.start();
    try {
        for (int number = 0; number < faults; ++number) loop.strike(number, faults);
    } catch (const std::exception& problem) {
        FAIL(problem.what() << "\n" << loop.log_tails());
    }
    workload.stop();
    INFO(workload.committed() << " transactions");
    for (const auto& [fault, count] : loop.counts()) WARN(fmt::format("{} × {}", count, fault));

    CHECK(loop.stop_publisher() == Exit{0, 0});
    loop.stop_workers();
    const Completed published = loop.publish_the_rest();
    const Completed read = loop.read_the_rest();
    INFO(loop.log_tails() << "--- the rest:\n" << published.err << read.err);
    REQUIRE(published.exit == Exit{0, 0});
    REQUIRE(read.exit == Exit{0, 0});
    CHECK(loop.dead_letters() == 0);
    CHECK(loop.differences() == "");
    CHECK(loop.log_faults() == "");
}

}  // namespace

TEST_CASE("through Kafka and back\\, whatever is killed: DuckDB becomes equal to the source",
          "[kafka-loop]") {
    survive_the_loop({.seed = 801});
}

TEST_CASE("through Kafka and back\\, with partitions and workers: PostgreSQL becomes equal to the source",
          "[kafka-loop]") {
    survive_the_loop(
        {.seed = 802, .partitions = 3, .workers = 2, .postgres_warehouse = true, .fidelity = "debezium"});
}
