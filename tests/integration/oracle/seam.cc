#include "tests/integration/oracle/seam.h"

namespace walferry::testing {
namespace {

/// More than a test has sessions that commit at the same time.
constexpr std::size_t width_max = 32;

void remove_one(RowCounts& rows, const ValueRow& row) {
    // Below zero for what a wrong seam removes before it is there: it must not pass for nothing.
    if (--rows[row] == 0) rows.erase(row);
}

}  // namespace

Seam seam_before(const SourceLog& log, Lsn position) {
    Seam seam;
    for (std::size_t i = 0; i < log.transactions().size(); ++i)
        if (log.transactions()[i].end <= position) seam.copied.insert(i);
    return seam;
}

Seam seam_of_stream(const SourceLog& log, std::size_t table, const std::set<std::size_t>& streamed,
                    bool near) {
    const std::size_t first = streamed.empty() ? log.transactions().size() : *streamed.begin();
    Seam seam;
    for (const SourceEvent& event : log.events(table)) {
        const bool missing = near && !streamed.contains(event.transaction);
        if (event.transaction < first || (missing && event.transaction < first + width_max))
            seam.copied.insert(event.transaction);
    }
    return seam;
}

RowCounts rows_at(const SourceLog& log, std::size_t table, const Seam& seam) {
    RowCounts rows;
    for (const SourceEvent& event : log.events(table)) {
        if (!seam.copied.contains(event.transaction)) continue;
        if (event.op == 't') rows.clear();
        if (event.op == 'u' || event.op == 'd') remove_one(rows, event.before);
        if (event.op == 'c' || event.op == 'u')
            if (++rows[event.after] == 0) rows.erase(event.after);
    }
    return rows;
}

}  // namespace walferry::testing
