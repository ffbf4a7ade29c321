#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "apply/refusal/refused_rows.h"
#include "apply/staging_table.h"
#include "model/quote.h"
#include "warehouse/postgres/failed_line.h"

namespace walferry {

namespace {

constexpr const char* savepoint = "SAVEPOINT walferry_twin";
constexpr const char* roll_back = "ROLLBACK TO SAVEPOINT walferry_twin";
constexpr const char* release = "RELEASE SAVEPOINT walferry_twin";
/// Rows a load: few while many are refused, for what comes after a refused one is loaded again.
constexpr std::size_t rows_min = 32;

class Twin {
 public:
    Twin(WarehouseSession& session, const TablePlan& plan)
        : session_(session),
          plan_(plan),
          name_(staging_name(plan, "twin")),
          columns_(plan.columns.begin(),
                   plan.columns.begin() + static_cast<std::ptrdiff_t>(plan.data_count())) {}

    /// Columns that are not the source's are not loaded.
    Status make() {
        WALFERRY_TRYV(session_.execute(fmt::format(
            "CREATE TEMP TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS)",
            quote_identifier(name_.table), to_sql(plan_.target))));
        WALFERRY_TRY(described, session_.describe_table(plan_.target));
        for (const ExistingColumn& column : described.value_or(std::vector<ExistingColumn>{})) {
            const bool loaded = std::any_of(columns_.begin(), columns_.end(), [&](const TargetColumn& known) {
                return known.name == column.name;
            });
            if (loaded || !column.not_null) continue;
            WALFERRY_TRYV(session_.execute(fmt::format("ALTER TABLE {} ALTER {} DROP NOT NULL", to_sql(name_),
                                                       quote_identifier(column.name))));
        }
        return success();
    }

    /// Loads the rows of the events [from, to); those that have one are noted in `loaded`.
    Status load(EventRows& rows, std::size_t from, std::size_t to, std::vector<std::size_t>& loaded) {
        loaded.clear();
        WALFERRY_TRY(loader, session_.load(name_, columns_, plan_.format));
        for (std::size_t i = from; i < to; ++i) {
            WALFERRY_TRY(row, rows.row(i));
            if (row.empty()) continue;
            loaded.push_back(i);
            WALFERRY_TRYV(loader->append(row));
        }
        return loader->finish();
    }

    /// The error as the target itself would have put it.
    std::string message(const Error& error) const {
        std::string text = error.message;
        for (auto at = text.find(name_.table); at != std::string::npos; at = text.find(name_.table))
            text.replace(at, name_.table.size(), plan_.target.table);
        return text;
    }

    std::optional<std::size_t> line(const Error& error) const { return failed_line(error, name_); }

 private:
    WarehouseSession& session_;
    const TablePlan& plan_;
    TargetName name_;
    std::vector<TargetColumn> columns_;
};

}  // namespace

Result<RefusedRows> refused_by_twin(WarehouseSession& session, const EventSpan& span, const Table& table,
                                    const TablePlan& plan) {
    RefusedRows refused;
    WALFERRY_TRYV(session.execute("SAVEPOINT walferry_twins"));
    Twin twin(session, plan);
    WALFERRY_TRYV(twin.make());
    EventRows rows(span.batch, table);
    std::vector<std::size_t> loaded;
    const std::size_t end = span.end;
    std::size_t size = end - span.begin;
    for (std::size_t from = span.begin; from < end;) {
        const std::size_t to = std::min(end, from + size);
        WALFERRY_TRYV(session.execute(savepoint));
        const Status done = twin.load(rows, from, to, loaded);
        if (done) {
            WALFERRY_TRYV(session.execute(release));
            from = to;
            size *= 2;
            continue;
        }
        if (done.error().kind != ErrorKind::Data) return done.error();
        WALFERRY_TRYV(session.execute(roll_back));
        const auto line = twin.line(done.error());
        if (!line || *line > loaded.size()) break;  // the rest is for those who look one by one
        const std::size_t event = loaded[*line - 1];
        refused.emplace_back(
            span.batch.events()[event].sequence,
            Refusal{DeadLetterStage::Apply, done.error().sqlstate, twin.message(done.error())});
        from = event + 1;
        size = std::max(rows_min, size / 4);
    }
    WALFERRY_TRYV(session.execute("ROLLBACK TO SAVEPOINT walferry_twins; RELEASE SAVEPOINT walferry_twins"));
    return refused;
}

}  // namespace walferry
