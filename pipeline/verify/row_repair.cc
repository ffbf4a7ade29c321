#include "pipeline/verify/row_repair.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <numeric>
#include <thread>

#include "apply/row_fields.h"
#include "apply/schema/shape_change.h"
#include "pipeline/verify/row_text.h"

namespace walferry {
namespace {

constexpr int tries_max = 20;
constexpr std::chrono::milliseconds pause_between_tries{100};
constexpr std::chrono::milliseconds writers_patience{500}, writers_interval{10};

/// A lost source says nothing about the warehouse's session, in which it is met.
Error of_source(Error error) {
    if (error.kind == ErrorKind::Connection) error.kind = ErrorKind::Busy;
    return error;
}

ColumnValue value_of(const std::optional<std::string>& text) {
    return text ? ColumnValue{ValueKind::Text, *text} : ColumnValue{};
}

}  // namespace

RowRepair::RowRepair(Parts parts)
    : parts_(std::move(parts)),
      source_(parts_.query, parts_.table),
      repair_writer_(parts_.table.plan, parts_.control),
      transform_(parts_.table.plan.column_rules.hash_key) {}

void RowRepair::fail(const Places& places, const std::string& why) {
    for (const std::size_t place : places) failures_[place] = why;
}

Result<std::vector<std::string>> RowRepair::repair(std::span<const WantedRow> rows) {
    const TablePlan& plan = parts_.table.plan;
    rows_ = rows;
    failures_.assign(rows.size(), "");
    Task all{Places(rows.size()), 0};
    std::iota(all.places.begin(), all.places.end(), std::size_t{0});
    if (!plan.has_key()) {
        fail(all.places, "the table has no key: `walferry resync` copies it anew");
        return failures_;
    }
    if (!encoder_) {
        Relation relation = relation_of(plan.source);
        relation.identity = ReplicaIdentity::Full;  // all of the row is there
        relation.version = 1;
        WALFERRY_TRY(encoder, RowEncoder::make(std::make_shared<const TablePlan>(plan), relation));
        encoder_ = std::move(encoder);
        if (!plan.contract.empty() && plan.contract.on_violation != OnViolation::Warn) {
            WALFERRY_TRY(contract, Contract::make(plan.contract, plan.source, plan.column_rules));
            contract_ = std::move(contract);
        }
    }
    tasks_ = {std::move(all)};
    while (!tasks_.empty()) {
        const Task task = std::move(tasks_.back());
        tasks_.pop_back();
        if (task.places.empty()) continue;
        if (task.tries == tries_max) {
            fail(task.places, "the row or its table is written to all the time");
            continue;
        }
        WALFERRY_TRYV(parts_.go_on());
        if (task.tries > 0) std::this_thread::sleep_for(pause_between_tries);
        auto attempted = attempt(task.places);
        if (attempted) {
            queue_again(task, std::move(attempted.value()));
        } else if (attempted.error().kind == ErrorKind::Serialization) {
            tasks_.push_back({task.places, task.tries + 1});
        } else if (attempted.error().kind != ErrorKind::Data) {
            return attempted.error();
        } else if (task.places.size() == 1) {
            fail(task.places, attempted.error().message);
        } else {
            const auto half = task.places.begin() + static_cast<std::ptrdiff_t>(task.places.size() / 2);
            tasks_.push_back({Places(half, task.places.end()), task.tries});
            tasks_.push_back({Places(task.places.begin(), half), task.tries});
        }
    }
    return failures_;
}

void RowRepair::queue_again(const Task& task, Attempt attempt) {
    tasks_.push_back({std::move(attempt.again), task.tries + 1});
    tasks_.push_back({std::move(attempt.unread), task.tries});
    for (const std::size_t place : attempt.alone) tasks_.push_back({{place}, task.tries});
}

/// The row as the target takes it. Kind Data: it can't, or the contract forbids it.
Result<RepairRow> RowRepair::encode(const WantedRow& wanted, SourceRow& source) {
    const TablePlan& plan = parts_.table.plan;
    RepairRow row;
    row.letter_key = letter_key(parts_.table, unpack_texts(wanted.key));
    std::vector<ColumnValue> values(plan.source.columns.size());
    std::vector<std::optional<std::string>>& texts = source.version.empty() ? source.key : source.texts;
    for (std::size_t i = 0; i < texts.size(); ++i) values[plan.source_index[i]] = value_of(texts[i]);
    std::string scratch;
    if (source.version.empty()) {
        WALFERRY_TRY(key, encoder_->key(values, scratch));
        row.key = std::string(key);
        return row;
    }
    if (const Violation* broken = contract_ ? contract_->check(values) : nullptr)
        return Error{ErrorKind::Data, "the contract is violated: " + broken->message, "", ""};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const ColumnRule rule = plan.column_rules.of(plan.source.columns[plan.source_index[i]].name);
        const bool changes = rule == ColumnRule::Hash || rule == ColumnRule::Mask;
        if (changes && texts[i]) texts[i] = transform_.transformed(rule, *texts[i]);
        values[plan.source_index[i]] = value_of(texts[i]);
    }
    WALFERRY_TRY(fields, encoder_->whole(values, scratch));
    row.fields = std::string(fields);
    row.key = std::string(leading_fields(row.fields, plan.key_count));
    return row;
}

Result<RowRepair::Batch> RowRepair::read(const Places& places, Places& unread) {
    std::vector<WantedRow> wanted;
    for (const std::size_t place : places) wanted.push_back(rows_[place]);
    WALFERRY_TRY(found, source_.read(wanted));
    unread.assign(places.begin() + static_cast<std::ptrdiff_t>(found.size()), places.end());
    Batch batch;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].ambiguous) {
            fail({places[i]}, "the source has several rows of the key");
            continue;
        }
        auto row = encode(wanted[i], found[i]);
        if (!row && row.error().kind != ErrorKind::Data) return row.error();
        if (!row) {
            fail({places[i]}, row.error().message);
            continue;
        }
        batch.places.push_back(places[i]);
        batch.wanted.push_back(std::move(wanted[i]));
        batch.versions.push_back(std::move(found[i].version));
        batch.rows.push_back(std::move(row.value()));
        found[i] = {};
    }
    return batch;
}

/// On the source's clock. The transaction that it takes moves the source's log on, so that no two repairs
/// have the same position.
Result<PgTime> RowRepair::source_time() {
    WALFERRY_TRY(now,
                 parts_.query.rows("SELECT (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - "
                                   "'2000-01-01 00:00:00+00'::timestamptz) * 1000000)::int8, "
                                   "pg_catalog.txid_current()"));
    return PgTime{std::strtoll(now.at(0).at(0).value_or("0").c_str(), nullptr, 10)};
}

Result<bool> RowRepair::writers_are_gone() const {
    const SourceTable& table = parts_.table.plan.source;
    WALFERRY_TRY(writers, parts_.query.writers(table));
    const auto until = std::chrono::steady_clock::now() + writers_patience;
    for (;; std::this_thread::sleep_for(writers_interval)) {
        WALFERRY_TRY(left, parts_.query.any_left(writers, table));
        if (!left) return true;
        if (std::chrono::steady_clock::now() >= until) return false;
    }
}

/// In the writer's transaction.
Status RowRepair::write(WarehouseSession& session, const Batch& batch, RepairMoment moment,
                        Attempt& attempt) {
    const auto gone = writers_are_gone();
    if (!gone) return of_source(gone.error());
    if (!gone.value()) {
        attempt.again = batch.places;
        return success();
    }
    const auto versions = source_.versions(batch.wanted);
    if (!versions) return of_source(versions.error());
    std::vector<RepairRow> rows;
    Places places;
    for (std::size_t i = 0; i < batch.places.size(); ++i) {
        if (versions.value()[i] != batch.versions[i]) {
            attempt.again.push_back(batch.places[i]);
            continue;
        }
        rows.push_back(batch.rows[i]);
        places.push_back(batch.places[i]);
    }
    if (rows.empty()) return success();
    WALFERRY_TRY(late, repair_writer_.write(session, rows, moment));
    for (const std::size_t i : late) attempt.alone.push_back(places[i]);
    return success();
}

Result<RowRepair::Attempt> RowRepair::attempt(const Places& places) {
    Attempt attempt;
    fail(places, "");
    WALFERRY_TRY(batch, read(places, attempt.unread));
    if (batch.places.empty()) return attempt;
    WALFERRY_TRY(time, source_time());
    WALFERRY_TRY(now, parts_.query.insert_position());
    WALFERRY_TRY(current, parts_.fence.pass(now));
    if (!current) {
        fail(places,
             "the warehouse lacks what the source has committed since: `walferry run CONFIG "
             "--until-caught-up` first");
        attempt.unread.clear();
        return attempt;
    }
    // After all that the target may have, before all that comes. Records of the log begin at multiples of
    // eight: no transaction has this position.
    const RepairMoment moment{Lsn{now.value + 1}, time};
    const WriterWork work = [&](WarehouseSession& session) {
        attempt.again.clear();
        attempt.alone.clear();
        return write(session, batch, moment, attempt);
    };
    const std::vector<Status> outcomes = parts_.writer({work});
    if (!outcomes.front()) return outcomes.front().error();
    return attempt;
}

}  // namespace walferry
