#include "service/verify_printer.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/exit_code.h"
#include "service/verify_json.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

/// Off a terminal.
constexpr std::chrono::seconds progress_interval{10};

}  // namespace

void VerifyPrinter::take(const Json& line) {
    if (line.contains("difference")) {
        add(line["difference"]);
    } else if (line.contains("note")) {
        say(line["note"].get<std::string>());
    } else if (line.contains("progress")) {
        show(line["progress"]);
    }
}

void VerifyPrinter::finish(const Json& results) {
    clear();
    if (style_.json) fmt::print("{}\n", differences_ == 0 ? "[]" : "\n]");
    std::uint64_t rows = 0, targets = 0;
    for (const Json& result : results) {
        if (result.contains("skipped")) continue;
        ++targets;
        rows += result.value("source_rows", std::uint64_t{0});
    }
    const std::string end = differences_ == 0
                                ? "no difference"
                                : fmt::format("{} difference{}", differences_, differences_ == 1 ? "" : "s");
    fmt::print(stderr, "walferry: {} rows, {} target{}: {}{}\n", rows, targets, targets == 1 ? "" : "s", end,
               repaired_ > 0 ? fmt::format(", {} repaired", repaired_) : "");
}

void VerifyPrinter::add(const Json& difference) {
    clear();
    const bool repaired = difference.value("repaired", false);
    if (style_.json) {
        fmt::print("{}\n  {}", differences_ == 0 ? "[" : ",",
                   difference.dump(-1, ' ', false, Json::error_handler_t::replace));
    } else if (!style_.only_unrepaired) {
        fmt::print("{}\n", difference_line(difference, style_.verbose));
    } else if (!repaired) {
        fmt::print(stderr, "walferry: {}\n", difference_line(difference, style_.verbose));
    }
    ++differences_;
    if (repaired) ++repaired_;
}

void VerifyPrinter::say(const std::string& note) {
    clear();
    fmt::print(stderr, "walferry: {}\n", with_config_path(note, style_.config));
}

/// Rows, rate, and the time that is left, where the source knows about how many there are.
std::string VerifyPrinter::progress_text(const Json& progress) {
    const std::string table = progress.value("table", "");
    const auto rows = progress.value("rows", std::uint64_t{0});
    const auto now = Clock::now();
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
void VerifyPrinter::show(const Json& progress) {
    if (!progress.is_object()) return;
    const std::string text = progress_text(progress);
    if (is_terminal_) {
        fmt::print(stderr, "\r\x1b[K{}", text);
        on_line_ = true;
        return;
    }
    const auto now = Clock::now();
    if (now - shown_ < progress_interval) return;
    shown_ = now;
    fmt::print(stderr, "walferry: {}\n", text);
}

void VerifyPrinter::clear() {
    if (on_line_) fmt::print(stderr, "\r\x1b[K");
    on_line_ = false;
}

}  // namespace walferry
