#include "pipeline/outbox/command_publisher.h"

#include <csignal>
#include <thread>

#include "pipeline/outbox/outbox_message.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace walferry {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const OutboxRow sent_row{1, "p", 0, "batch", "public.t", "public.t", {}, R"({"text":"$(exit 3) 'ü'"})"};

bool is_gone(int pid) {
    for (int i = 0; i < 500; ++i) {
        if (::kill(pid, 0) != 0) return true;
        const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
        if (stat.find(") Z ") != std::string::npos) return true;
        std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
}

int read_pid(const std::filesystem::path& path) {
    for (int i = 0; i < 500 && !std::filesystem::exists(path); ++i)
        std::this_thread::sleep_for(milliseconds(10));
    for (int i = 0; i < 500 && read_file(path).find('\n') == std::string::npos; ++i)
        std::this_thread::sleep_for(milliseconds(10));
    return std::stoi(read_file(path));
}

}  // namespace

TEST_CASE("a command gets the row on stdin, and its exit says whether it was taken") {
    const TempDir dir("command");
    const std::string out = (dir / "out").string();
    CHECK(CommandPublisher("cat /dev/stdin >> " + out, seconds(20)).publish(sent_row, {}));
    CHECK(CommandPublisher("cat >> " + out, seconds(20)).publish(sent_row, {}));
    CHECK(read_file(out) == outbox_json(sent_row) + "\n" + outbox_json(sent_row) + "\n");
    CHECK(CommandPublisher("true", seconds(20)).publish(sent_row, {}));
    const Status failed = CommandPublisher("exit 7", seconds(20)).publish(sent_row, {});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message == "the command ended with exit 7");
    const Status killed = CommandPublisher("kill -9 $$", seconds(20)).publish(sent_row, {});
    REQUIRE_FALSE(killed);
    CHECK(killed.error().message == "the command ended with signal 9");
}

TEST_CASE("a command has none of our files, and no blocked signals") {
    const TempDir dir("command");
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals, &before);
    const std::string out = (dir / "out").string();
    CHECK(CommandPublisher("ls /proc/self/fd > " + out + "; grep SigBlk /proc/self/status >> " + out,
                           seconds(20))
              .publish(sent_row, {}));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    // The fourth is the folder that ls reads.
    CHECK(read_file(out) == "0\n1\n2\n3\nSigBlk:\t0000000000000000\n");
}

TEST_CASE("a command that takes too long is killed with what it started") {
    const TempDir dir("command");
    CommandPublisher slow("sleep 600 & echo $! > " + (dir / "pid").string() + "; wait", milliseconds(1500));
    const Status published = slow.publish(sent_row, {});
    REQUIRE_FALSE(published);
    CHECK(published.error().message == "the command was killed: it took longer than 1500 ms");
    CHECK(is_gone(read_pid(dir / "pid")));
}

TEST_CASE("a command is killed when we are asked to stop") {
    const TempDir dir("command");
    std::stop_source stop;
    Status published = success();
    std::thread runs([&] {
        CommandPublisher command("trap '' TERM; echo $$ > " + (dir / "pid").string() + "; sleep 600",
                                 seconds(600));
        published = command.publish(sent_row, stop.get_token());
    });
    const int pid = read_pid(dir / "pid");
    stop.request_stop();
    runs.join();
    REQUIRE_FALSE(published);
    CHECK(published.error().kind == ErrorKind::Cancelled);
    CHECK(is_gone(pid));
}

}  // namespace walferry
