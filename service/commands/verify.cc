#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "config/config.h"
#include "service/commands/commands.h"
#include "service/verify_access.h"
#include "service/verify_json.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

/// Prints what comes, as it comes.
class Printer {
 public:
    Printer(const VerifyCommand& command) : command_(command) {}

    void take(const Json& line) {
        if (line.contains("difference")) {
            add(line["difference"]);
        } else if (line.contains("note")) {
            say(line["note"].get<std::string>());
        } else if (line.contains("progress")) {
            show(line["progress"]);
        }
    }

    void finish(const Json& results) {
        clear();
        if (command_.json) fmt::print("{}\n", differences_ == 0 ? "[]" : "\n]");
        std::uint64_t rows = 0, targets = 0;
        for (const Json& result : results) {
            if (result.contains("skipped")) continue;
            ++targets;
            rows += result.value("source_rows", std::uint64_t{0});
        }
        const std::string end =
            differences_ == 0 ? "no difference"
                              : fmt::format("{} difference{}", differences_, differences_ == 1 ? "" : "s");
        fmt::print(stderr, "walferry: {} rows, {} target{}: {}{}\n", rows, targets, targets == 1 ? "" : "s",
                   end, repaired_ > 0 ? fmt::format(", {} repaired", repaired_) : "");
    }

    bool all_is_well() const { return differences_ == repaired_; }

 private:
    void add(const Json& difference) {
        clear();
        if (command_.json) {
            fmt::print("{}\n  {}", differences_ == 0 ? "[" : ",",
                       difference.dump(-1, ' ', false, Json::error_handler_t::replace));
        } else {
            fmt::print("{}\n", difference_line(difference, command_.verbose));
        }
        ++differences_;
        if (difference.value("repaired", false)) ++repaired_;
    }
    void say(const std::string& note) {
        clear();
        fmt::print(stderr, "walferry: {}\n", with_config_path(note, command_.config));
    }
    /// Rows, rate, and the time that is left, where the source knows about how many there are.
    std::string progress_text(const Json& progress) {
        const std::string table = progress.value("table", "");
        const auto rows = progress.value("rows", std::uint64_t{0});
        const auto now = std::chrono::steady_clock::now();
        if (table != table_ || rows < rows_) table_ = table, began_ = now;
        rows_ = rows;
        const double seconds = std::max(0.001, std::chrono::duration<double>(now - began_).count());
        const double rate = static_cast<double>(rows) / seconds;
        std::string text = fmt::format("{}: {} rows, {:.0f} rows/s", table, rows, rate);
        const double left = progress.value("estimated", 0.0) - static_cast<double>(rows);
        if (left > 0 && rate > 0) text += fmt::format(", {:.0f} s left", left / rate);
        return text;
    }
    /// On a terminal a line that is written over, else a line now and then.
    void show(const Json& progress) {
        if (!progress.is_object()) return;
        const std::string text = progress_text(progress);
        if (is_terminal_) {
            fmt::print(stderr, "\r\x1b[K{}", text);
            on_line_ = true;
            return;
        }
        const auto now = std::chrono::steady_clock::now();
        if (now - shown_ < interval) return;
        shown_ = now;
        fmt::print(stderr, "walferry: {}\n", text);
    }
    void clear() {
        if (on_line_) fmt::print(stderr, "\r\x1b[K");
        on_line_ = false;
    }

    static constexpr std::chrono::seconds interval{10};
    const VerifyCommand& command_;
    const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
    bool on_line_ = false;
    std::uint64_t differences_ = 0, repaired_ = 0;
    std::string table_;  ///< whose rows are being read
    std::uint64_t rows_ = 0;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
};

}  // namespace

ExitCode run_verify(const VerifyCommand& command) {
    const auto config = load_config(command.config);
    if (!config) {
        print_error(config.error(), command.config);
        return one_shot_exit_code(config.error());
    }
    VerifyOptions options;
    options.tables = command.tables;
    options.values = command.verbose;
    options.repair = command.repair;
    options.rows_per_second = command.rate;
    options.limit = command.limit;
    Printer printer(command);
    const auto results =
        VerifyAccess(config.value()).verify(options, [&](const Json& line) { printer.take(line); });
    if (!results) {
        print_error(results.error(), command.config);
        return one_shot_exit_code(results.error());
    }
    printer.finish(results.value());
    return printer.all_is_well() ? ExitCode::Done : ExitCode::No;
}

}  // namespace walferry
