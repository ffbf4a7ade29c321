#pragma once

#include <string>
#include <string_view>

namespace walferry {

/// Whether stderr goes straight to systemd's journal ($JOURNAL_STREAM, systemd.exec(5)).
bool stderr_is_journal();

/// A message as the journal reads it from a stream: `<3>text`, the number being syslog's priority. A message
/// of several lines is several entries, each with the priority. `level` as spdlog names it.
std::string journal_lines(std::string_view level, std::string_view message);

}  // namespace walferry
