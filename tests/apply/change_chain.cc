#include "tests/apply/change_chain.h"

#include <array>
#include <ostream>

#include "apply/row_fields.h"

namespace walferry::testing {
namespace {

constexpr int keys = 4;
constexpr int texts = 5;

std::string key_text(int key) {
    return "k" + std::to_string(key);
}

/// Longer with each number, so that rows take the place of shorter and of longer ones.
Text text_of(int number) {
    if (number == 0) return std::nullopt;
    return std::string(static_cast<std::size_t>(number - 1) * 4, static_cast<char>('a' + number));
}

/// As the stream carries it, in the order of the source's columns.
Cells cells_of(const ChainRow& row) {
    return {cell_or_null(row[1]), cell_or_null(row[0]), cell_or_null(row[2]), cell_or_null(row[3])};
}

}  // namespace

void showValue(const ChainStep& step, std::ostream& out) {
    using Kind = ChainStep::Kind;
    static constexpr std::array names = {"put", "move", "swap", "delete", "truncate", "commit", "cut"};
    out << names[static_cast<std::size_t>(step.kind)];
    if (step.ends_transaction()) {
        out << " " << step.clock;
        return;
    }
    if (step.kind == Kind::Truncate) return;
    out << " " << step.key;
    if (step.kind == Kind::Delete) return;
    if (step.kind != Kind::Put) out << " to " << step.other;
    out << " (v" << step.v << (step.keeps_a ? " =" : " a") << step.a << (step.keeps_b ? " =" : " b") << step.b
        << ")";
}

PlanSpec ChainTable::plan_spec() const {
    PlanSpec spec;
    spec.columns = {text_column("a"), text_column("k"), text_column("v"), text_column("b")};
    spec.key = {"k"};
    spec.identity = full_ ? ReplicaIdentity::Full : ReplicaIdentity::Default;
    return spec;
}

OwnedEvent ChainTable::update(const std::string& from, const std::string& to, const ChainStep& step) {
    const ChainRow old = rows_.at(from);
    const bool a_stays = step.keeps_a && old[1];
    const bool b_stays = step.keeps_b && old[3];
    const ChainRow row = {to, a_stays ? old[1] : text_of(step.a), text_of(step.v),
                          b_stays ? old[3] : text_of(step.b)};
    rows_.erase(from);
    rows_[to] = row;
    OwnedEvent event = update_of(cells_of(row));
    if (a_stays) event.after[0] = unchanged_cell;
    if (b_stays) event.after[3] = unchanged_cell;
    event.before_is_full = full_;
    if (full_) event.before = cells_of(old);
    if (!full_ && from != to) event.before = Cells{null_cell, cell(from), null_cell, null_cell};
    return event;
}

std::vector<OwnedEvent> ChainTable::take(const ChainStep& step) {
    using Kind = ChainStep::Kind;
    const std::string key = key_text(step.key);
    const std::string other = key_text(step.other);
    const std::string spare = "spare";
    const bool present = rows_.contains(key);
    switch (step.kind) {
        case Kind::Put:
            if (present) return {update(key, key, step)};
            rows_[key] = {key, text_of(step.a), text_of(step.v), text_of(step.b)};
            return {insert_of(cells_of(rows_[key]))};
        case Kind::Move:
            if (!present || rows_.contains(other)) return {};
            return {update(key, other, step)};
        case Kind::Swap: {
            if (!present || !rows_.contains(other) || key == other) return {};
            std::vector<OwnedEvent> events = {update(key, spare, step)};
            events.push_back(update(other, key, step));
            events.push_back(update(spare, other, step));
            return events;
        }
        case Kind::Delete: {
            if (!present) return {};
            const Cells old =
                full_ ? cells_of(rows_.at(key)) : Cells{null_cell, cell(key), null_cell, null_cell};
            rows_.erase(key);
            return {delete_of(old, full_)};
        }
        case Kind::Truncate:
            rows_.clear();
            return {truncate_event()};
        case Kind::Commit:
        case Kind::CutBatch:
            break;
    }
    return {};
}

ChainRow fields_of(std::string_view row, const ChainRow* unchanged) {
    ChainRow fields;
    for (FieldWalker walker(row); !walker.done();) {
        const std::string_view field = walker.next();
        const std::int32_t length = field_length(field);
        if (length == unchanged_length) {
            RC_ASSERT(unchanged != nullptr);
            fields.push_back(unchanged->at(fields.size()));
        } else {
            fields.push_back(length == null_length ? Text() : Text(field.substr(sizeof length)));
        }
    }
    return fields;
}

}  // namespace walferry::testing

rc::Gen<walferry::testing::ChainStep> rc::Arbitrary<walferry::testing::ChainStep>::arbitrary() {
    using namespace walferry::testing;
    using Step = ChainStep;
    using Kind = ChainStep::Kind;
    return gen::build<Step>(
        gen::set(&Step::kind, gen::weightedElement<Kind>({{10, Kind::Put},
                                                          {4, Kind::Move},
                                                          {2, Kind::Swap},
                                                          {4, Kind::Delete},
                                                          {1, Kind::Truncate},
                                                          {6, Kind::Commit},
                                                          {3, Kind::CutBatch}})),
        gen::set(&Step::key, gen::inRange(0, keys)), gen::set(&Step::other, gen::inRange(0, keys)),
        gen::set(&Step::v, gen::inRange(0, texts)), gen::set(&Step::a, gen::inRange(0, texts)),
        gen::set(&Step::b, gen::inRange(0, texts)), gen::set(&Step::keeps_a), gen::set(&Step::keeps_b),
        gen::set(&Step::clock, gen::inRange(-3, 6)));
}
