#include "tests/apply/row_history.h"

#include <algorithm>
#include <iterator>

namespace walferry::testing {

namespace {

constexpr unsigned ids = 3;
constexpr unsigned regions = 2;

}  // namespace

PlanSpec RowHistory::plan_spec(bool all_text) const {
    PlanSpec spec;
    spec.columns = {text_column("a"), all_text ? text_column("id") : bigint_column("id"),
                    all_text ? text_column("n") : bigint_column("n"), text_column("region"),
                    text_column("b")};
    spec.key = {"id", "region"};
    spec.identity = identity_;
    return spec;
}

RowHistory::Key RowHistory::random_key() {
    return {std::to_string(below(ids)), "region " + std::to_string(below(regions))};
}

RowHistory::Key RowHistory::some_present_key() {
    return std::next(rows_.begin(), below(static_cast<unsigned>(rows_.size())))->first;
}

std::optional<std::string> RowHistory::random_text() {
    switch (below(6)) {
        case 0:
            return std::nullopt;
        case 1:
            return "";
        default:
            return std::to_string(++serial_) + std::string(below(40), 'x');
    }
}

Cells RowHistory::cells(const Key& key, const Values& values) const {
    return {cell_or_null(values.a), cell(key.first), cell(values.n), cell(key.second),
            cell_or_null(values.b)};
}

void RowHistory::add_insert(std::vector<OwnedEvent>& events) {
    const Key key = random_key();
    if (rows_.contains(key)) return;
    const Values values{random_text(), random_text(), std::to_string(++serial_)};
    rows_[key] = values;
    events.push_back(insert_of(cells(key, values)));
}

void RowHistory::add_update(std::vector<OwnedEvent>& events, const Key& from, const Key& to) {
    const Values old = rows_.at(from);
    Values values{random_text(), random_text(), std::to_string(++serial_)};
    const bool a_stays = old.a && below(2) == 0;
    const bool b_stays = old.b && below(2) == 0;
    if (a_stays) values.a = old.a;
    if (b_stays) values.b = old.b;
    rows_.erase(from);
    rows_[to] = values;

    // An old image comes with a changed key, and with a key that is a TOAST value itself.
    const bool key_is_toast = below(6) == 0;
    const bool full = identity_ == ReplicaIdentity::Full;
    OwnedEvent event = update_of(cells(to, values));
    if (a_stays) event.after[0] = unchanged_cell;
    if (b_stays) event.after[4] = unchanged_cell;
    if (key_is_toast && from.second == to.second) event.after[3] = unchanged_cell;
    if (full || key_is_toast || from != to) {
        event.before = cells(from, old);
        event.before_is_full = full;
        if (!full) (*event.before)[0] = (*event.before)[2] = (*event.before)[4] = null_cell;
    }
    events.push_back(event);
}

void RowHistory::add_delete(std::vector<OwnedEvent>& events) {
    const Key key = some_present_key();
    const bool full = identity_ == ReplicaIdentity::Full;
    Cells before = cells(key, rows_.at(key));
    if (!full) before[0] = before[2] = before[4] = null_cell;
    rows_.erase(key);
    events.push_back(delete_of(std::move(before), full));
}

void RowHistory::add_swap(std::vector<OwnedEvent>& events) {
    const Key one = some_present_key();
    const Key other = some_present_key();
    const Key spare{"99", "spare"};
    if (one == other) return;
    add_update(events, one, spare);
    add_update(events, other, one);
    add_update(events, spare, other);
}

std::vector<OwnedEvent> RowHistory::next_events(int count, bool with_truncates) {
    std::vector<OwnedEvent> events;
    while (events.size() < static_cast<std::size_t>(count)) {
        if (with_truncates && below(40) == 0) {
            rows_.clear();
            events.push_back(truncate_event());
        }
        if (rows_.empty() || below(4) == 0) {
            add_insert(events);
            continue;
        }
        const Key from = some_present_key();
        const Key to = random_key();
        switch (below(5)) {
            case 0:
                add_delete(events);
                break;
            case 1:
                add_swap(events);
                break;
            case 2:
                if (!rows_.contains(to)) add_update(events, from, to);
                break;
            default:
                add_update(events, from, from);
        }
    }
    return events;
}

std::vector<std::string> RowHistory::lines() const {
    std::vector<std::string> lines;
    for (const auto& [key, values] : rows_) {
        lines.push_back(key.first + "|" + key.second + "|" + values.a.value_or("NULL") + "|" + values.n +
                        "|" + values.b.value_or("NULL"));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

}  // namespace walferry::testing
