// The Kafka side of `bench/run kafka`: topics, and events as Debezium 3.7 writes them (JSON without schemas)
// for the benchmark's table `item`, of some 620 bytes, the same at each run. bench/kafka_events.py has the
// same rows as SQL.
//
//   kafka_events create BROKERS TOPIC PARTITIONS
//   kafka_events fill   BROKERS TOPIC INSERTS UPDATES   inserts of the keys 1 to INSERTS, updates, one more
//   insert kafka_events tick   BROKERS TOPIC RATE SECONDS FIRST   RATE rows of (id, sent_at) a second, ids
//   from FIRST on kafka_events await  BROKERS TOPIC RECORDS           returns when so many are written (or
//   markers of transactions) kafka_events count  BROKERS TOPIC                   prints how many records a
//   read_committed reader sees

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr int patience_ms = 30'000;
constexpr std::int64_t first_second = 1'767'225'600;  // 2026-01-01
constexpr std::int64_t first_day = first_second / 86'400;
constexpr std::size_t note_bytes = 64;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "kafka_events: %s\n", what.c_str());
    std::exit(1);
}

void must(rd_kafka_resp_err_t code, const char* what) {
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail(fmt::format("{}: {}", what, rd_kafka_err2str(code)));
}

/// A client of librdkafka; ends with the process.
rd_kafka_t* client(rd_kafka_type_t type, const std::map<std::string, std::string>& properties) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    std::array<char, 256> said{};
    rd_kafka_conf_set(conf, "reconnect.backoff.max.ms", "200", nullptr, 0);
    for (const auto& [name, value] : properties) {
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), said.data(), said.size()) !=
            RD_KAFKA_CONF_OK)
            fail(said.data());
    }
    if (type == RD_KAFKA_PRODUCER) {
        rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
            must(message->err, "writing");
        });
    }
    rd_kafka_t* handle = rd_kafka_new(type, conf, said.data(), said.size());
    if (handle == nullptr) fail(said.data());
    return handle;
}

/// How Debezium 3.7 marks each record.
constexpr std::pair<const char*, std::string_view> context_headers[] = {
    {"__debezium.context.connectorLogicalName", "shop"},
    {"__debezium.context.taskId", "0"},
    {"__debezium.context.connectorName", "postgresql"},
    {"__debezium.context.runId", "01a1fc67-7f16-7a28-b088-c1079c6df311"}};

class Writer {
 public:
    Writer(const char* brokers, std::string topic, const char* linger_ms)
        : topic_(std::move(topic)),
          handle_(client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                             {"enable.idempotence", "true"},
                                             {"compression.type", "lz4"},
                                             {"linger.ms", linger_ms},
                                             {"partitioner", "murmur2_random"},
                                             {"queue.buffering.max.messages", "200000"}})) {}

    void write(const std::string& key, const std::string& value) {
        for (;;) {
            rd_kafka_headers_t* headers = rd_kafka_headers_new(std::size(context_headers));
            for (const auto& [name, text] : context_headers)
                rd_kafka_header_add(headers, name, -1, text.data(), static_cast<ssize_t>(text.size()));
            const auto code = rd_kafka_producev(
                handle_, RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_KEY(key.data(), key.size()),
                RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
            if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
            rd_kafka_headers_destroy(headers);
            if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) must(code, "writing");
            rd_kafka_poll(handle_, 100);
        }
        rd_kafka_poll(handle_, 0);
    }

    void finish() { must(rd_kafka_flush(handle_, 10 * patience_ms), "flushing"); }

 private:
    std::string topic_;
    rd_kafka_t* handle_;
};

std::string base64(std::string_view bytes) {
    constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u);
        for (std::size_t i = 0; i < 4; ++i)
            text += at + i <= bytes.size() ? letters[group >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

/// A Decimal of Kafka Connect: the unscaled value, big-endian, as short as it can be.
std::string decimal(std::int64_t unscaled) {
    std::string bytes;
    do {
        bytes.insert(bytes.begin(), static_cast<char>(unscaled & 0xff));
        unscaled >>= 8;
    } while (unscaled > 0);
    if ((bytes.front() & 0x80) != 0) bytes.insert(bytes.begin(), '\0');
    return base64(bytes);
}

std::string instant(std::int64_t unix_us) {
    const std::time_t seconds = unix_us / 1'000'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, unix_us % 1'000'000);
}

std::string envelope(std::string_view table, const std::string& after, char op, std::uint64_t lsn,
                     std::int64_t now_us) {
    return fmt::format(
        R"({{"before":null,"after":{},"source":{{"version":"3.7.0.Final","connector":"postgresql","name":"shop",)"
        R"("ts_ms":{},"snapshot":"false","db":"shop","sequence":"[\"{}\",\"{}\"]","ts_us":{},"ts_ns":{}000,)"
        R"("schema":"public","table":"{}","txId":{},"lsn":{},"xmin":null,"origin":null,"origin_lsn":null}},)"
        R"("transaction":null,"op":"{}","ts_ms":{},"ts_us":{},"ts_ns":{}000}})",
        after, now_us / 1000, lsn - lsn % 100'000, lsn, now_us, now_us, table, 1000 + lsn / 100'000, lsn, op,
        now_us / 1000, now_us, now_us);
}

/// The row of the key as inserted, or as the update of that number (from 0 on) leaves it.
std::string row(std::int64_t id, std::int64_t update) {
    const bool updated = update >= 0;
    std::string note = fmt::format("note of customer {}, ", id);
    note += updated ? fmt::format("as of change {}", update) : "as inserted";
    note.resize(note_bytes, '.');
    return fmt::format(
        R"({{"id":{},"name":"customer {}","amount":"{}","at":"{}","flag":{},"note":"{}","n":{},"d":{}}})", id,
        id, decimal(id * 125 + (updated ? 100 * (update % 1000 + 1) : 0)),
        instant(first_second * 1'000'000 + id * 1'000'001), id % 2 == 0, note, (id + update + 1) % 1'000'000,
        first_day + id % 1000);
}

std::int64_t updated_key(std::int64_t update, std::int64_t keys) {
    return 1 + update * 48'271 % 2'147'483'647 * (update % 65'521 + 1) % keys;
}

int fill(const char* brokers, const char* topic, std::int64_t inserts, std::int64_t updates) {
    Writer writer(brokers, topic, "20");
    std::uint64_t lsn = 1'757'100'000;
    std::size_t bytes = 0, records = 0;
    const auto write = [&](std::int64_t id, std::int64_t update) {
        lsn += 100;
        const std::int64_t now_us = first_second * 1'000'000 + static_cast<std::int64_t>(lsn);
        const std::string value = envelope("item", row(id, update), update < 0 ? 'c' : 'u', lsn, now_us);
        writer.write(fmt::format(R"({{"id":{}}})", id), value);
        bytes += value.size();
        ++records;
    };
    for (std::int64_t id = 1; id <= inserts; ++id) write(id, -1);
    for (std::int64_t update = 0; update < updates; ++update) write(updated_key(update, inserts), update);
    write(inserts + 1, -1);  // who watches a target sees by it that all is there
    writer.finish();
    std::printf("%zu records, values of %zu bytes\n", records, bytes / records);
    return 0;
}

int tick(const char* brokers, const char* topic, int rate, int seconds, std::int64_t first) {
    Writer writer(brokers, topic, "0");
    const auto begin = steady_clock::now();
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(rate) * seconds; ++i) {
        std::this_thread::sleep_until(begin + i * std::chrono::microseconds(1'000'000 / rate));
        const auto now_us =
            std::chrono::duration_cast<std::chrono::microseconds>(system_clock::now().time_since_epoch())
                .count();
        const std::string after = fmt::format(R"({{"id":{},"sent_at":"{}"}})", first + i, instant(now_us));
        writer.write(fmt::format(R"({{"id":{}}})", first + i),
                     envelope("tick", after, 'c', static_cast<std::uint64_t>(first + i) * 100 + 1'757'100'000,
                              now_us));
    }
    writer.finish();
    return 0;
}

int create(const char* brokers, const char* name, int partitions) {
    rd_kafka_t* const handle = client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers}});
    std::array<char, 256> said{};
    rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name, partitions, 1, said.data(), said.size());
    if (topic == nullptr) fail(said.data());
    rd_kafka_queue_t* const queue = rd_kafka_queue_new(handle);
    rd_kafka_CreateTopics(handle, &topic, 1, nullptr, queue);
    const rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, patience_ms);
    if (event == nullptr) fail("no answer");
    must(rd_kafka_event_error(const_cast<rd_kafka_event_t*>(event)), "creating the topic");
    std::size_t count = 0;
    const auto* results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(const_cast<rd_kafka_event_t*>(event)), &count);
    must(rd_kafka_topic_result_error(results[0]), "creating the topic");
    return 0;
}

int partition_count(rd_kafka_t* handle, const char* topic) {
    rd_kafka_topic_t* const of = rd_kafka_topic_new(handle, topic, nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    must(rd_kafka_metadata(handle, 0, of, &metadata, patience_ms), "looking at the topic");
    const int count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return count;
}

std::int64_t high_watermark(rd_kafka_t* handle, const char* topic, int partition) {
    std::int64_t low = 0, high = 0;
    must(rd_kafka_query_watermark_offsets(handle, topic, partition, &low, &high, patience_ms),
         "asking for offsets");
    return high;
}

int await(const char* brokers, const char* topic, std::int64_t records) {
    rd_kafka_t* const handle =
        client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers}, {"group.id", "bench"}});
    int partitions = 0;
    for (;;) {
        if (partitions == 0) partitions = partition_count(handle, topic);
        std::int64_t written = 0;
        for (int i = 0; i < partitions; ++i) written += high_watermark(handle, topic, i);
        if (written >= records) return 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

int count(const char* brokers, const char* topic) {
    rd_kafka_t* const handle = client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                                          {"group.id", "bench"},
                                                          {"enable.auto.commit", "false"},
                                                          {"enable.partition.eof", "true"},
                                                          {"isolation.level", "read_committed"}});
    const int partitions = partition_count(handle, topic);
    rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; ++i) rd_kafka_topic_partition_list_add(list, topic, i)->offset = 0;
    must(rd_kafka_assign(handle, list), "assigning");
    std::int64_t records = 0;
    for (int at_end = 0; at_end < partitions;) {
        rd_kafka_message_t* const message = rd_kafka_consumer_poll(handle, patience_ms);
        if (message == nullptr) fail("nothing comes");
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            ++at_end;
        } else {
            must(message->err, "reading");
            ++records;
        }
        rd_kafka_message_destroy(message);
    }
    std::printf("%lld\n", static_cast<long long>(records));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view command = argc > 3 ? argv[1] : "";
    const auto number = [&](int at) { return std::strtoll(argv[at], nullptr, 10); };
    if (command == "create" && argc == 5) return create(argv[2], argv[3], static_cast<int>(number(4)));
    if (command == "fill" && argc == 6) return fill(argv[2], argv[3], number(4), number(5));
    if (command == "tick" && argc == 7)
        return tick(argv[2], argv[3], static_cast<int>(number(4)), static_cast<int>(number(5)), number(6));
    if (command == "await" && argc == 5) return await(argv[2], argv[3], number(4));
    if (command == "count" && argc == 4) return count(argv[2], argv[3]);
    std::fputs(
        "usage: kafka_events create BROKERS TOPIC PARTITIONS | fill BROKERS TOPIC INSERTS UPDATES |\n"
        "       tick BROKERS TOPIC RATE SECONDS FIRST | await BROKERS TOPIC RECORDS | count BROKERS TOPIC\n",
        stderr);
    return 2;
}
