#include "apply/column_transforms.h"

#include "apply/batch_builder.h"
#include "apply/row_encoder.h"
#include "apply/row_fields.h"
#include "capture/pgoutput/change_decoder.h"
#include "tests/apply/plans.h"
#include "tests/capture/wire.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;

namespace {

// RFC 4231, test case 2.
const std::string rfc_key = "Jefe";
const std::string rfc_text = "what do ya want for nothing?";
const std::string rfc_hash = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

ColumnRules rules() {
    return {{"card"}, {"email"}, {"phone"}, rfc_key};
}

/// id, email, phone, card, note; key (id, email).
Relation relation() {
    Relation described;
    described.id = 7;
    described.schema = "public";
    described.name = "t";
    described.version = 3;
    for (const char* name : {"id", "email", "phone", "card", "note"}) {
        const bool key = described.columns.size() < 2;
        described.columns.push_back({name, key ? pg_types::int4 : pg_types::text, -1, key});
    }
    described.message = "relation";
    return described;
}

ChangeEvent event_of(ChangeKind kind, const Relation& of, const std::vector<ColumnValue>* before,
                     const std::vector<ColumnValue>* after) {
    ChangeEvent event;
    event.kind = kind;
    event.relation = &of;
    if (before != nullptr) event.before = TupleData(*before);
    if (after != nullptr) event.after = *after;
    event.sequence = {Lsn{100}, 4};
    event.message = "as received";
    return event;
}

std::string text_of(TupleData row) {
    std::string text;
    for (const ColumnValue& value : row) {
        text += text.empty() ? "" : "|";
        text += value.kind == ValueKind::Null             ? "NULL"
                : value.kind == ValueKind::UnchangedToast ? "unchanged"
                                                          : std::string(value.bytes);
    }
    return text;
}

}  // namespace

TEST_CASE("a hash is the HMAC-SHA-256 of RFC 4231, again and again") {
    ValueTransform transform(rfc_key);
    for (int i = 0; i < 3; ++i) {
        CHECK(transform.transformed(ColumnRule::Hash, rfc_text) == rfc_hash);
        CHECK(transform.transformed(ColumnRule::Hash, "other") != rfc_hash);
        CHECK(transform.transformed(ColumnRule::Hash, "").size() == 64);
    }
    CHECK(ValueTransform("another key").transformed(ColumnRule::Hash, rfc_text) != rfc_hash);
    CHECK(ValueTransform("").transformed(ColumnRule::Mask, rfc_text) == "****");
}

TEST_CASE("old and new values are hashed, masked and left out, and the message says the same") {
    const Relation of = relation();
    auto transforms = ColumnTransforms::make(rules(), of).value();
    const Cells before{cell("1"), cell("old"), cell("555"), cell("4111"), cell("n")};
    const Cells after{cell("1"), cell(rfc_text), cell(""), cell("4222"), cell("m")};
    const auto old_row = views(before), new_row = views(after);
    ChangeEvent event = event_of(ChangeKind::Update, of, &old_row, &new_row);
    event.before_is_full = true;
    ColumnTransforms::Scratch scratch;
    const ChangeEvent done = transforms.apply(event, scratch);
    CHECK(text_of(done.after) == "1|" + rfc_hash + "|****|NULL|m");
    CHECK(text_of(*done.before) ==
          "1|" + ValueTransform(rfc_key).transformed(ColumnRule::Hash, "old") + "|****|NULL|n");
    CHECK(done.sequence == event.sequence);
    for (const char* clear : {"4111", "4222", "555", "what do ya", "old", "as received"})
        CHECK(done.message.find(clear) == std::string_view::npos);

    ChangeDecoder decoder;
    REQUIRE(decoder.relation(relation_message(7, "t", 5)));
    const ChangeEvent again = decoder.change(done.message, 7, done.sequence).value();
    CHECK(text_of(again.after) == text_of(done.after));
    CHECK(text_of(*again.before) == text_of(*done.before));
    CHECK(again.before_is_full);
}

TEST_CASE("NULL and unchanged TOAST values stay, so do the columns that no rule names") {
    const Relation of = relation();
    auto transforms = ColumnTransforms::make(rules(), of).value();
    const Cells after{null_cell, null_cell, unchanged_cell, unchanged_cell, unchanged_cell};
    const auto row = views(after);
    ColumnTransforms::Scratch scratch;
    const ChangeEvent done = transforms.apply(event_of(ChangeKind::Insert, of, nullptr, &row), scratch);
    CHECK(text_of(done.after) == "NULL|NULL|unchanged|NULL|unchanged");
}

TEST_CASE("equal values of old and new keys stay equal, and a delete finds the row of its insert") {
    const Relation of = relation();
    auto transforms = ColumnTransforms::make(rules(), of).value();
    const Cells whole{cell("1"), cell("a@b"), cell("5"), cell("4"), cell("n")};
    const Cells key{cell("1"), cell("a@b"), null_cell, null_cell, null_cell};
    const auto whole_row = views(whole), key_row = views(key);
    ColumnTransforms::Scratch first, second;
    const ChangeEvent inserted =
        transforms.apply(event_of(ChangeKind::Insert, of, nullptr, &whole_row), first);
    const ChangeEvent removed = transforms.apply(event_of(ChangeKind::Delete, of, &key_row, nullptr), second);
    CHECK(inserted.after[1].bytes == (*removed.before)[1].bytes);
    CHECK((*removed.before)[2].kind == ValueKind::Null);
    CHECK(removed.after.empty());
}

TEST_CASE("a truncate passes as it is") {
    const Relation of = relation();
    auto transforms = ColumnTransforms::make(rules(), of).value();
    ColumnTransforms::Scratch scratch;
    CHECK(transforms.apply(event_of(ChangeKind::Truncate, of, nullptr, nullptr), scratch).message ==
          "as received");
}

TEST_CASE("a relation that lost a listed column is refused, for it may have been renamed") {
    Relation renamed = relation();
    renamed.columns[1].name = "mail";
    const auto made = ColumnTransforms::make(rules(), renamed);
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == ErrorKind::Schema);
    CHECK(made.error().message.find("no column email") != std::string::npos);
}

namespace {

std::shared_ptr<Table> table_with_rules(TableState state) {
    PlanSpec spec;
    spec.columns = {int_column("id"), text_column("email"), text_column("phone"), text_column("card"),
                    text_column("note")};
    spec.key = {"id"};
    TablePlan plan = plan_of(spec);
    SourceTable source = plan.source;
    TableRule rule;
    rule.metadata = false;
    rule.columns = rules();
    return table_of(make_table_plan(source, rule, spec.mode, spec.target, spec.kind, plan.columns).value(),
                    state);
}

/// What a batch holds of one inserted row, all of it.
std::string batch_with_insert(TableState state) {
    const auto table = table_with_rules(state);
    TableRegistry registry;
    registry.add(table);
    BatchBuilder builder(
        {1000, 1u << 20}, registry, [&](const Relation&) { return table; }, Lsn{100});
    const Relation of = relation_of(*table->plans.front());
    const Cells after{cell("1"), cell(rfc_text), cell("555"), cell("4111"), cell("n")};
    const auto row = views(after);
    REQUIRE(builder.begin(Transaction{5, Lsn{200}, Lsn{210}, 1}));
    REQUIRE(builder.change(event_of(ChangeKind::Insert, of, nullptr, &row)));
    builder.commit(Transaction{5, Lsn{200}, Lsn{210}, 1});
    const auto batch = builder.take();
    TableBatch& changes = batch->tables.at(7);
    std::string held;
    if (!changes.keeps()) {
        for (const NetChange& change : upserted(changes).net().changes()) held += std::string(change.row);
    }
    for (const RecordedEvent& change : changes.events()) held += std::string(change.message);
    return held;
}

}  // namespace

TEST_CASE("a batch holds transformed values only, folded or kept") {
    const TableState state = GENERATE(TableState::Streaming, TableState::Copying);
    const std::string held = batch_with_insert(state);
    CHECK(held.find(rfc_hash) != std::string::npos);
    CHECK(held.find("****") != std::string::npos);
    for (const char* clear : {"4111", "555", "what do ya", "as received"})
        CHECK(held.find(clear) == std::string::npos);
}

TEST_CASE("an excluded column has no place in plan, target and row") {
    const auto table = table_with_rules(TableState::Streaming);
    CHECK(table->plans.front()->data_count() == 4);
    const std::string sql = create_table_sql(*table->plans.front());
    CHECK(sql.find("card") == std::string::npos);
    CHECK(sql.find("\"phone\" VARCHAR, \"note\" VARCHAR)") != std::string::npos);

    const Relation of = relation_of(*table->plans.front());
    const auto encoder = RowEncoder::make(table->plans.front(), of).value();
    const Cells after{cell("1"), cell("e"), cell("p"), null_cell, cell("n")};
    const auto row = views(after);
    Arena arena;
    bool has_unchanged = false;
    FieldWalker walker(encoder.row(row, nullptr, Lsn{1}, arena, has_unchanged).value());
    std::string texts;
    while (!walker.done()) texts += std::string(walker.next().substr(4)) + "|";
    CHECK(texts == std::string("\0\0\0\1", 4) + "|e|p|n|");
}

TEST_CASE("a key column can be hashed, but neither masked nor excluded, nor can all columns go") {
    PlanSpec spec;
    spec.columns = {text_column("k"), text_column("v")};
    spec.key = {"k"};
    const TablePlan plan = plan_of(spec);
    const auto planned = [&](ColumnRules columns) {
        TableRule rule;
        rule.columns = std::move(columns);
        const auto made = make_table_plan(plan.source, rule, spec.mode, spec.target, spec.kind, plan.columns);
        return made ? std::string("planned") : made.error().message;
    };
    CHECK(planned({{}, {"k"}, {}, "key"}) == "planned");
    CHECK(planned({{}, {}, {"k"}, ""}) ==
          "public.t: column k is masked, but the target tells rows apart by it");
    CHECK(planned({{"k"}, {}, {}, ""}) ==
          "public.t: column k is excluded, but the target tells rows apart by it");
    CHECK(planned({{"k", "v"}, {}, {}, ""}) == "public.t: exclude_columns names all of its columns");
    CHECK(planned({{"elsewhere", "v"}, {}, {}, ""}) == "planned");
}

}  // namespace walferry
