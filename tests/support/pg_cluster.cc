#include "tests/support/pg_cluster.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <stdexcept>
#include <thread>

namespace walferry::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

Completed must(std::vector<std::string> command, bool unprivileged = true) {
    ProcessOptions options;
    options.command = std::move(command);
    options.unprivileged = unprivileged;
    options.working_dir = "/";
    options.environment = {{"LC_ALL", "C.UTF-8"}};
    const std::string program = options.command[0];
    Completed completed = run(std::move(options), seconds(120));
    if (completed.exit != Exit{} || completed.timed_out)
        throw std::runtime_error(program + " failed: " + completed.out + completed.err);
    return completed;
}

void give_to_server_user(const fs::path& path) {
    if (::geteuid() != 0) return;
    const passwd* entry = ::getpwnam("postgres");
    if (!entry) throw std::runtime_error("servers refuse to run as root, and there is no user postgres");
    if (::chown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0)
        throw std::runtime_error("cannot chown " + path.string());
}

void init_cluster(const fs::path& bin, const fs::path& data) {
    must({bin / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
          "--no-sync"});
}

/// One initdb per process and server version; further clusters are copies of it.
const fs::path& template_cluster(const fs::path& bin) {
    static std::map<fs::path, std::unique_ptr<TempDir>> templates;
    static std::map<fs::path, fs::path> data;
    auto& dir = templates[bin];
    if (!dir) {
        dir = std::make_unique<TempDir>("template");
        give_to_server_user(dir->path());
        data[bin] = *dir / "cluster";
        init_cluster(bin, data[bin]);
    }
    return data[bin];
}

bool port_is_free(int port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool free = ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(descriptor);
    return free;
}

}  // namespace

// Below the range that the kernel gives to outgoing connections, so that none of those takes it meanwhile.
int free_port() {
    std::random_device random;
    std::uniform_int_distribution<int> ports(15000, 32000);
    for (int attempt = 0; attempt < 1000; ++attempt)
        if (const int port = ports(random); port_is_free(port)) return port;
    throw std::runtime_error("no free port");
}

fs::path default_pg_bin() {
    if (const char* chosen = std::getenv("WALFERRY_PG_BIN"); chosen && *chosen) return chosen;
    fs::path newest;
    int newest_version = 0;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", missing)) {
        const int version = std::atoi(entry.path().filename().c_str());
        if (version <= newest_version || !fs::exists(entry.path() / "bin/initdb")) continue;
        newest_version = version;
        newest = entry.path() / "bin";
    }
    if (newest.empty()) throw std::runtime_error("no PostgreSQL server found; set WALFERRY_PG_BIN");
    return newest;
}

PgCluster::PgCluster(PgClusterOptions options) : options_(std::move(options)), dir_("pg") {
    if (options_.bin.empty()) options_.bin = default_pg_bin();
    give_to_server_user(dir_.path());
    if (options_.primary)
        copy_primary();
    else if (options_.own_identity)
        init_cluster(options_.bin, data_dir());
    else
        must({"cp", "-a", template_cluster(options_.bin), data_dir()}, false);
    major_version_ = std::stoi(read_file(data_dir() / "PG_VERSION"));
    port_ = free_port();
    write_settings();
    start();
}

void PgCluster::copy_primary() {
    must({"cp", "-a", options_.primary->data_dir(), data_dir()}, false);
    for (const auto& slot : fs::directory_iterator(data_dir() / "pg_replslot")) fs::remove_all(slot.path());
    write_file(data_dir() / "standby.signal", "");
    // What the caller sets wins.
    options_.settings.insert({{"primary_conninfo", options_.primary->conninfo()},
                              {"wal_retrieve_retry_interval", "100ms"},
                              {"hot_standby", "on"}});
}

PgCluster::~PgCluster() {
    if (!server_) return;
    server_->signal(SIGCONT);
    server_->signal(SIGQUIT);
    server_->wait(seconds(20));
}

void PgCluster::write_settings() {
    std::map<std::string, std::string> settings = {{"listen_addresses", "127.0.0.1"},
                                                   {"port", std::to_string(port_)},
                                                   {"unix_socket_directories", ""},
                                                   {"wal_level", "logical"},
                                                   {"max_wal_senders", "20"},
                                                   {"max_replication_slots", "20"},
                                                   {"max_connections", "100"},
                                                   {"shared_buffers", "64MB"},
                                                   {"max_wal_size", "512MB"},
                                                   {"fsync", options_.fsync ? "on" : "off"},
                                                   {"timezone", "UTC"},
                                                   {"log_timezone", "UTC"},
                                                   {"log_line_prefix", "%m [%p] %a "}};
    for (const auto& [name, value] : options_.settings) settings[name] = value;
    for (const auto& [name, value] : settings) set(name, value);
}

void PgCluster::set(const std::string& name, const std::string& value) {
    const fs::path file = data_dir() / "postgresql.conf";
    std::string quoted;
    for (const char letter : value) quoted += letter == '\'' ? std::string("''") : std::string(1, letter);
    write_file(file, read_file(file) + name + " = '" + quoted + "'\n");
}

void PgCluster::promote() const {
    if (value("SELECT pg_promote()") != "t") throw std::runtime_error("no promotion:\n" + log());
}

void PgCluster::reload() {
    exec("SELECT pg_reload_conf()");
}

void PgCluster::start() {
    ProcessOptions options;
    options.command = {options_.bin / "postgres", "-D", data_dir()};
    options.unprivileged = true;
    options.working_dir = "/";
    options.environment = {{"LC_ALL", "C.UTF-8"}};
    options.output = dir_ / "server.log";
    server_.emplace(std::move(options));
    const auto deadline = std::chrono::steady_clock::now() + seconds(60);
    const std::string target = conninfo() + " connect_timeout=5";
    while (::PQping(target.c_str()) != PQPING_OK) {
        if (!server_->running() || std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("PostgreSQL does not start:\n" + log());
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

bool PgCluster::stop_within(StopMode mode, std::chrono::milliseconds timeout) {
    if (!server_) return true;
    server_->signal(mode == StopMode::Fast ? SIGINT : SIGQUIT);
    if (!server_->wait(timeout)) return false;
    server_.reset();
    return true;
}

void PgCluster::stop(StopMode mode) {
    if (!stop_within(mode, seconds(60))) throw std::runtime_error("PostgreSQL does not stop:\n" + log());
}

void PgCluster::restart(StopMode mode) {
    stop(mode);
    start();
}

bool PgCluster::running() {
    return server_ && server_->running();
}

std::string PgCluster::conninfo(const std::string& database, const std::string& user) const {
    return "host=127.0.0.1 port=" + std::to_string(port_) + " user=" + user + " dbname=" + database;
}

std::string PgCluster::url(const std::string& database, const std::string& user) const {
    return "postgresql://" + user + "@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::unique_ptr<pqxx::connection> PgCluster::connect(const std::string& database) const {
    return std::make_unique<pqxx::connection>(conninfo(database) + " application_name=walferry_test");
}

void PgCluster::create_database(const std::string& name) const {
    exec("CREATE DATABASE \"" + name + "\"");
}

void PgCluster::drop_database(const std::string& name) const {
    exec("DROP DATABASE IF EXISTS \"" + name + "\" WITH (FORCE)");
}

pqxx::result PgCluster::exec(const std::string& sql, const std::string& database) const {
    const auto connection = connect(database);
    pqxx::nontransaction session(*connection);
    return session.exec(sql);
}

std::string PgCluster::value(const std::string& sql, const std::string& database) const {
    const pqxx::result rows = exec(sql, database);
    return rows.empty() || rows[0][0].is_null() ? std::string() : std::string(rows[0][0].c_str());
}

void PgCluster::backup_to(const fs::path& target) const {
    must({"cp", "-a", data_dir(), target}, false);
}

void PgCluster::restore_from(const fs::path& backup) const {
    must({"rm", "-rf", data_dir()}, false);
    must({"cp", "-a", backup, data_dir()}, false);
}

}  // namespace walferry::testing
