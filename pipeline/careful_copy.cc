#include "pipeline/careful_copy.h"

#include <fmt/format.h>

#include "apply/refusal/letter.h"
#include "apply/row_fields.h"
#include "apply/schema/shape_change.h"
#include "warehouse/postgres/failed_line.h"

namespace walferry {

namespace {

/// A group is tried as one: DuckDB commits each, PostgreSQL keeps a savepoint of each.
constexpr std::size_t rows_a_group_duckdb = 20'000, rows_a_group_postgres = 1'000;
constexpr std::size_t bytes_a_group = 8u << 20;
constexpr std::size_t letters_max = 1'000;

std::vector<ColumnValue> views(const std::vector<std::optional<std::string>>& values) {
    std::vector<ColumnValue> row;
    for (const auto& value : values)
        row.push_back(value ? ColumnValue{ValueKind::Text, *value} : ColumnValue{});
    return row;
}

}  // namespace

CarefulCopy::CarefulCopy(Parts parts)
    : parts_(std::move(parts)),
      row_(parts_.plan, parts_.moment, true),
      columns_(relation_of(row_.source())),
      transform_(parts_.plan.column_rules.hash_key),
      group_rows_(parts_.kind == WarehouseKind::DuckDb ? rows_a_group_duckdb : rows_a_group_postgres) {
    for (const Column& column : columns_.columns) rules_.push_back(parts_.plan.column_rules.of(column.name));
}

Result<CarefulCopy> CarefulCopy::make(Parts parts) {
    CarefulCopy copy(std::move(parts));
    const TablePlan& plan = copy.parts_.plan;
    if (plan.contract.empty()) return copy;
    WALFERRY_TRY(contract,
                 Contract::make(plan.contract, copy.row_.source(), plan.column_rules, &copy.columns_));
    if (!contract.empty()) copy.contract_ = std::move(contract);
    return copy;
}

Result<CarefulCopy::Outcome> CarefulCopy::run(CopyReader& reader, const CopyChunk& chunk) {
    WALFERRY_TRYV(reader.start(row_.source(), chunk, row_.as_text()));
    for (;;) {
        WALFERRY_TRY(source_row, reader.next());
        if (!source_row) break;
        ++outcome_.rows;
        WALFERRY_TRYV(take(*source_row));
        if (group_.size() < group_rows_ && group_bytes_ < bytes_a_group) continue;
        WALFERRY_TRYV(load_group());
        WALFERRY_TRYV(parts_.check_stop());
    }
    WALFERRY_TRYV(load_group());
    return std::move(outcome_);
}

Status CarefulCopy::take(std::string_view source_row) {
    std::vector<ColumnValue> clear;
    std::vector<std::optional<std::string>> values;
    FieldWalker walker(source_row);
    for (std::size_t i = 0; !walker.done(); ++i) {
        const std::string_view field = walker.next();
        if (field_length(field) == null_length) {
            clear.emplace_back();
            values.emplace_back();
            continue;
        }
        const std::string_view text = field.substr(sizeof(std::int32_t));
        clear.push_back({ValueKind::Text, text});
        values.emplace_back(rules_[i] == ColumnRule::Clear ? std::string(text)
                                                           : transform_.transformed(rules_[i], text));
    }
    WALFERRY_TRY(passes, passes_contract(clear, values));
    if (!passes) return success();
    auto load_row = row_.convert(source_row);
    if (!load_row) {
        if (load_row.error().kind != ErrorKind::Data) return load_row.error();
        return refuse(values, {DeadLetterStage::Map, "value", load_row.error().message});
    }
    group_bytes_ += load_row.value().size();
    group_.push_back({std::move(values), std::string(load_row.value())});
    return success();
}

Result<bool> CarefulCopy::passes_contract(TupleData clear,
                                          const std::vector<std::optional<std::string>>& values) {
    if (!contract_) return true;
    const auto broken = contract_->broken(clear);
    if (broken.empty()) return true;
    for (const std::size_t rule : broken) {
        const ContractRule& what = contract_->rules()[rule];
        ++outcome_.violations[{parts_.plan.source.qualified_name(), what.column, std::string(what.name)}];
    }
    if (parts_.plan.contract.on_violation == OnViolation::Warn) return true;
    const Refusal refusal{DeadLetterStage::Contract, std::string(contract_->rules()[broken.front()].name),
                          contract_->describe(broken.front(), clear).message};
    if (parts_.plan.contract.on_violation == OnViolation::Stop)
        return contract_stops(parts_.plan.source.qualified_name(), refusal);
    WALFERRY_TRYV(refuse(values, refusal));
    return false;
}

Status CarefulCopy::refuse(const std::vector<std::optional<std::string>>& values, const Refusal& refusal) {
    letters_.push_back(letter_of_copied(parts_.plan, columns_, views(values), parts_.moment.snapshot_lsn,
                                        parts_.moment.snapshot_time, refusal));
    last_error_ = refusal.message;
    ++outcome_.letters[refusal.stage];
    ++refused_;
    // So that the breaker speaks before a whole group of refused rows is collected.
    if (letters_.size() < letters_max) return success();
    const std::size_t waiting = group_.size() - noted_;
    noted_ = group_.size();
    return finish_group(waiting);
}

Status CarefulCopy::finish_group(std::size_t accepted) {
    const std::size_t refused = letters_.size();
    WALFERRY_TRYV(parts_.office.append(parts_.session, letters_));
    letters_.clear();
    return parts_.office.note(accepted, refused, last_error_);
}

Status CarefulCopy::load_group() {
    Rows rows = std::move(group_);
    group_.clear();
    group_bytes_ = 0;
    const std::size_t taken = rows.size() - std::exchange(noted_, 0);
    const std::uint64_t refused_before = refused_;
    WALFERRY_TRYV(drop_what_does_not_fit(rows));
    WALFERRY_TRYV(parts_.kind == WarehouseKind::Postgres ? load_postgres(rows)
                                                         : load_duckdb(rows, 0, rows.size()));
    const std::size_t refused = refused_ - refused_before;
    return finish_group(taken - std::min(taken, refused));
}

/// Values that the target's columns can't hold, where that can be told before loading.
Status CarefulCopy::drop_what_does_not_fit(Rows& rows) {
    WALFERRY_TRY(check, parts_.session.row_check(parts_.into, parts_.plan.columns));
    if (check == nullptr) return success();
    std::vector<std::pair<std::size_t, Refusal>> refused;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Status fits = check->check(rows[i].load_row);
        if (!fits) refused.emplace_back(i, Refusal{DeadLetterStage::Map, "value", fits.error().message});
    }
    check.reset();
    for (auto at = refused.rbegin(); at != refused.rend(); ++at) {
        WALFERRY_TRYV(refuse(rows[at->first].values, at->second));
        rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(at->first));
    }
    return success();
}

Status CarefulCopy::load(const Rows& rows, std::size_t begin, std::size_t end) {
    WALFERRY_TRY(loader, parts_.session.load(parts_.into, parts_.plan.columns, parts_.plan.format));
    for (std::size_t i = begin; i < end; ++i) {
        WALFERRY_TRYV(loader->append(rows[i].load_row));
    }
    return loader->finish();
}

/// A load that fails names the row, which is left out of the next try.
Status CarefulCopy::load_postgres(Rows& rows) {
    while (!rows.empty()) {
        WALFERRY_TRYV(parts_.session.execute("SAVEPOINT walferry_group"));
        const Status loaded = load(rows, 0, rows.size());
        if (loaded) return parts_.session.execute("RELEASE SAVEPOINT walferry_group");
        const auto line = failed_line(loaded.error(), parts_.into);
        if (loaded.error().kind != ErrorKind::Data || !line || *line > rows.size()) return loaded;
        WALFERRY_TRYV(
            parts_.session.execute("ROLLBACK TO SAVEPOINT walferry_group; RELEASE SAVEPOINT walferry_group"));
        const auto row = rows.begin() + static_cast<std::ptrdiff_t>(*line - 1);
        WALFERRY_TRYV(
            refuse(row->values, {DeadLetterStage::Apply, loaded.error().sqlstate, loaded.error().message}));
        rows.erase(row);
    }
    return success();
}

/// Each try is a transaction of its own.
Status CarefulCopy::load_duckdb(const Rows& rows, std::size_t begin, std::size_t end) {
    if (begin == end) return success();
    WALFERRY_TRYV(parts_.commit());
    Status loaded = load(rows, begin, end);
    if (loaded) loaded = parts_.commit();
    if (loaded || loaded.error().kind != ErrorKind::Data) return loaded;
    parts_.session.rollback();
    WALFERRY_TRYV(parts_.session.begin());
    if (end - begin == 1) {
        return refuse(
            rows[begin].values,
            {DeadLetterStage::Apply, loaded.error().sqlstate.empty() ? "refused" : loaded.error().sqlstate,
             loaded.error().message});
    }
    const std::size_t middle = begin + (end - begin) / 2;
    WALFERRY_TRYV(load_duckdb(rows, begin, middle));
    return load_duckdb(rows, middle, end);
}

}  // namespace walferry
