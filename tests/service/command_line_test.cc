#include <fmt/format.h>
#include <fmt/ranges.h>

#include <regex>

#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

using namespace walferry::testing;

namespace {

Completed run_binary(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), WALFERRY_BINARY_PATH);
    return run({.command = std::move(arguments)});
}

/// Nothing listens on these ports.
constexpr const char* unreachable =
    "pipeline: shop\n"
    "source: { postgres: { connection: \"postgresql://127.0.0.1:1/shop?connect_timeout=2\" } }\n"
    "warehouse: { postgres: { connection: \"postgresql://127.0.0.1:1/shop?connect_timeout=2\" } }\n"
    "http: { listen: 127.0.0.1:1 }\n"
    "tables:\n  - { match: \"*.*\", mode: upsert }\n";

}  // namespace

TEST_CASE("what works on the warehouse says so where changes are only published") {
    const TempDir dir("kafka");
    const std::string file = dir / "kafka.yaml";
    write_file(file,
               "source: { postgres: { connection: dbname=x } }\n"
               "publish: { kafka: { brokers: 127.0.0.1:1, topic_prefix: a } }\n"
               "tables: [ { match: '*' } ]\n");
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
             {"sql", file}, {"verify", file}, {"dbt", file}, {"dlq", "list", file}, {"resync", file, "t"}}) {
        const Completed result = run_binary(command);
        CHECK(result.exit == Exit{2});
        CHECK(result.out.empty());
        CHECK_THAT(result.err, CONTAINS_TEXT(command.front() + " works on the warehouse"));
    }
}

TEST_CASE("what reads the source's tables says that Kafka has none") {
    const TempDir dir("kafka");
    const std::string file = dir / "kafka.yaml";
    write_file(
        file,
        "source: { kafka: { brokers: 127.0.0.1:1, topics: [a] } }\nwarehouse: { duckdb: { path: x } }\n"
        "tables: [ { match: '*', mode: upsert } ]\n");
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"resync", file, "public.t"}, {"verify", file}}) {
        const Completed result = run_binary(command);
        CHECK(result.exit == Exit{2});
        CHECK_THAT(result.err, CONTAINS_TEXT(command.front() + " reads the source's tables"));
    }
}

TEST_CASE("a connector's configuration is imported to stdout, what is lost is named on stderr") {
    const Completed result =
        run_binary({"import-debezium", CONNECTORS "/pg_tuned.json", "--publish", "--brokers", "k:9092"});
    CHECK(result.exit == Exit{0});
    CHECK_THAT(result.out, CONTAINS_TEXT("publish:\n  kafka:\n    brokers: \"k:9092\"\n"));
    CHECK_THAT(result.err, CONTAINS_TEXT("without counterpart: heartbeat.action.query: has no counterpart"));
    CHECK((result.out + result.err).find("sesame") == std::string::npos);
    CHECK_THAT(run_binary({"import-debezium", CONNECTORS "/mysql.json"}).err, CONTAINS_TEXT("--from-kafka"));
}

TEST_CASE("usage errors are exit 2, with nothing on stdout") {
    const std::vector<std::vector<std::string>> wrong = {
        {},
        {"fly"},
        {"run"},
        {"run", "a.yaml", "b.yaml"},
        {"run", "a.yaml", "--yaml"},
        {"run", "/no/such/file.yaml"},
        {"status", "--json"},
        {"check", "a.yaml", "--json"},
        {"sql", "a.yaml", "SELECT 1", "--csv", "--json"},
        {"init", "--source", "postgresql://localhost/x"},
        {"init", "--source", "mysql://x", "--warehouse", "x.duckdb"},
        {"import-debezium"},
        {"import-debezium", "/no/such/file.json"},
        {"import-debezium", "a.json", "--publish", "--from-kafka"},
        {"completion", "tcsh"},
        {"--log-level", "loud", "check", "a.yaml"},
        {"resync"},
        {"resync", "a.yaml"},
        {"resync", "a.yaml", "public.t", "--all"},
        {"resync", "a.yaml", "public.t", "--rate", "0"},
        {"resync", "a.yaml", "public.t", "--rate", "some"},
        {"resync", "a.yaml", "public.t", "--list"},
        {"resync", "a.yaml", "--list", "--all"},
        {"resync", "a.yaml", "--list", "--cancel"},
        {"resync", "a.yaml", "--cancel", "--no-wait"},
        {"verify"},
        {"verify", "a.yaml", "--limit", "0"},
        {"dlq"},
        {"dlq", "a.yaml"},
        {"dlq", "list"},
        {"dlq", "list", "a.yaml", "x"},
        {"dlq", "list", "a.yaml", "--stage", "late"},
        {"dlq", "list", "a.yaml", "--since", "yesterday"},
        {"dlq", "show", "a.yaml"},
        {"dlq", "discard", "a.yaml"}};
    for (const auto& arguments : wrong) {
        const Completed completed = run_binary(arguments);
        INFO(fmt::format("{}", fmt::join(arguments, " ")) << "\n" << completed.err);
        CHECK(completed.exit == Exit{2, 0});
        CHECK(completed.out.empty());
        CHECK_FALSE(completed.err.empty());
    }
}

TEST_CASE("help and version go to stdout and are exit 0") {
    const Completed help = run_binary({"--help"});
    CHECK(help.exit == Exit{});
    for (const char* command :
         {"init", "check", "run", "status", "sql", "dlq", "resync", "drop", "completion", "--log-level"}) {
        CHECK(help.out.find(command) != std::string::npos);
    }
    CHECK(run_binary({"dlq", "--help"}).out.find("replay") != std::string::npos);
    CHECK(run_binary({"dlq", "list", "--help"}).out.find("--since") != std::string::npos);
    CHECK(run_binary({"resync", "--help"}).out.find("--no-wait") != std::string::npos);
    CHECK(run_binary({"run", "--help"}).out.find("--until-caught-up") != std::string::npos);
    CHECK(std::regex_search(run_binary({"--version"}).out, std::regex(R"(^walferry \d+\.\d+\.\d+\n$)")));
}

TEST_CASE("completion scripts name the commands and their options") {
    for (const char* shell : {"bash", "zsh", "fish"}) {
        const Completed completed = run_binary({"completion", shell});
        CHECK(completed.exit == Exit{});
        for (const char* word :
             {"run", "until-caught-up", "log-format", "dlq", "discard", "since", "resync", "no-wait"}) {
            CHECK(completed.out.find(word) != std::string::npos);
        }
    }
}

TEST_CASE("a configuration error is one line with file and line, and exit 2 from every command") {
    const TempDir dir("service");
    const auto config = dir / "shop.yaml";
    write_file(config, std::string(unreachable) + "tabels: 1\n");
    for (const std::vector<std::string>& command : {std::vector<std::string>{"run"},
                                                    {"check"},
                                                    {"status"},
                                                    {"sql"},
                                                    {"drop"},
                                                    {"dlq", "list"},
                                                    {"resync", "--all"}}) {
        std::vector<std::string> arguments = command;
        arguments.push_back(config);
        if (command.front() == "drop") arguments.push_back("--yes");
        const Completed completed = run_binary(arguments);
        INFO(completed.err);
        CHECK(completed.exit == Exit{2, 0});
        CHECK(std::regex_search(completed.err,
                                std::regex(R"(^[^\n]*/shop\.yaml:\d+: tabels: [^\n]*tables[^\n]*\n$)")));
    }
}

TEST_CASE("one-shot commands end with exit 4 when a server is out of reach") {
    const TempDir dir("service");
    const auto config = dir / "shop.yaml";
    write_file(config, unreachable);
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"check", config},
          {"status", config},
          {"sql", config, "SELECT 1"},
          {"dlq", "list", config},
          {"dlq", "discard", config, "1"},
          {"dlq", "replay", config},
          {"resync", config, "public.t"},
          {"resync", config, "public.t", "--no-wait"},
          {"resync", config, "--list"},
          {"resync", config, "--cancel"},
          {"drop", config, "--yes"},
          {"init", "--source", "postgresql://127.0.0.1:1/shop", "--warehouse", "x.duckdb"}}) {
        const Completed completed = run_binary(arguments);
        INFO(arguments.front() << "\n" << completed.err);
        CHECK(completed.exit == Exit{4, 0});
        CHECK_FALSE(completed.err.empty());
    }
    CHECK(run_binary({"sql", config, "DROP TABLE t"}).exit == Exit{1, 0});
    CHECK(run_binary({"drop", config}).exit == Exit{2, 0});
}

TEST_CASE("init leaves an existing file as it is") {
    const TempDir dir("service");
    write_file(dir / "shop.yaml", "mine");
    const Completed completed = run_binary({"init", "--source", "postgresql://127.0.0.1:1/shop",
                                            "--warehouse", "x.duckdb", "--output", dir / "shop.yaml"});
    CHECK(completed.exit == Exit{2, 0});
    CHECK(read_file(dir / "shop.yaml") == "mine");
}
