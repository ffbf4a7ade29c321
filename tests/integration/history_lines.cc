#include "tests/integration/history_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/quote.h"

namespace walferry::testing {
namespace {

constexpr const char* values =
    "id, v, n, CASE WHEN length(big) = 3000 THEN substr(big, 1, 1) ELSE big END AS big";

std::string joined(const Row& row, std::size_t begin, std::size_t end) {
    std::string text;
    for (std::size_t i = begin; i < end; ++i) text += (i > begin ? "|" : "") + row[i].value_or("NULL");
    return text;
}

/// Numbers by their place in order.
class Ranks {
 public:
    void add(const std::optional<std::string>& number) {
        if (number) ranks_[std::stoll(*number)] = 0;
    }
    void settle(int first) {
        for (auto& [number, rank] : ranks_) rank = first++;
    }
    int of(const std::string& number) const { return ranks_.at(std::stoll(number)); }

 private:
    std::map<long long, int> ranks_;
};

}  // namespace

JudgedShop::JudgedShop(Target chosen, std::string tables, std::string batch, std::string source_settings,
                       std::string more)
    : target(chosen),
      shop(chosen, {.tables = std::move(tables),
                    .source_settings = std::move(source_settings),
                    .more = std::move(more),
                    .batch = std::move(batch)}),
      log(shop.ferry->source()) {}

std::string JudgedShop::catch_up() const {
    const Completed completed = shop.ferry->catch_up();
    return completed.exit == Exit{} ? ""
                                    : "exit " + std::to_string(completed.exit.code) + ": " + completed.err;
}

TargetReader JudgedShop::reader() const {
    if (target == Target::DuckDb) return TargetReader(shop.ferry->duckdb_path());
    return TargetReader(PgDatabase{shop.source, "warehouse"});
}

std::string JudgedShop::verdict(const std::string& table) {
    log.read();
    const TargetReader warehouse = reader();
    Judge judge(log, warehouse);
    std::string found = judge.default_target_differences(table);
    found += judge.sequence_differences();
    return found;
}

std::vector<std::string> lines(const TargetReader& reader, const std::string& select) {
    std::vector<std::string> lines;
    for (const Row& row : reader.rows(select)) lines.push_back(joined(row, 0, row.size()));
    std::sort(lines.begin(), lines.end());
    return lines;
}

std::vector<std::string> history_lines(const TargetReader& reader, const HistoryTarget& target) {
    const Rows rows =
        reader.rows(fmt::format("SELECT {}, {} AS version_from, {} AS version_to, CASE WHEN {} THEN 'yes' "
                                "ELSE 'no' END AS is_now FROM {}.{}",
                                values, reader.instant(target.valid_from), reader.instant(target.valid_to),
                                quote_identifier(target.is_current), quote_identifier(target.name.schema),
                                quote_identifier(target.name.name)));
    Ranks ranks;
    for (const Row& row : rows)
        for (const std::size_t instant : {4, 5})
            if (row[instant] != "-infinity") ranks.add(row[instant]);
    ranks.settle(0);
    std::vector<std::string> lines;
    for (const Row& row : rows) {
        const std::string from = row[4] == "-infinity" ? *row[4] : std::to_string(ranks.of(row[4].value()));
        const std::string to = row[5] ? std::to_string(ranks.of(*row[5])) : "";
        const bool contradictory = (row[6] == "yes") != to.empty();
        lines.push_back(fmt::format("{} {}..{}{}", joined(row, 0, 4), from, to,
                                    contradictory ? " is_current " + *row[6] : ""));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

std::vector<std::string> log_lines(const TargetReader& reader, const DecodedName& target) {
    Rows rows = reader.rows(
        fmt::format("SELECT {}, _op, dense_rank() OVER (ORDER BY _lsn) AS place_of_commit, row_number() OVER "
                    "(ORDER BY _lsn, "
                    "_seq) AS place, CAST(_old_key AS varchar) AS old_key FROM {}.{} WHERE _op <> 'r'",
                    values, quote_identifier(target.schema), quote_identifier(target.name)));
    std::sort(rows.begin(), rows.end(),
              [](const Row& one, const Row& other) { return std::stoll(*one[6]) < std::stoll(*other[6]); });
    std::vector<std::string> lines;
    for (const Row& row : rows) {
        std::string was;
        if (row[7]) {
            was = *row[7];
            std::erase(was, ' ');
            was = " was " + was;
        }
        lines.push_back(fmt::format("{} {} {}{}", *row[5], *row[4], joined(row, 0, 4), was));
    }
    return lines;
}

}  // namespace walferry::testing
