#include "apply/schema/shape_change.h"

#include <fmt/format.h>

#include <algorithm>

#include "apply/schema/column_matching.h"
#include "apply/schema/storage_change.h"
#include "model/pg_types.h"

namespace walferry {

namespace {

/// The stream's modifier is that of the column; under a domain it has none.
bool same_type(const SourceColumn& column, const Column& sent) {
    if (column.declared_type_oid != sent.type_oid) return false;
    return column.type.oid != column.declared_type_oid || column.type.modifier == sent.type_modifier;
}

const SourceColumn* find_sent(const SourceTable& table, const std::string& name) {
    const auto found =
        std::find_if(table.columns.begin(), table.columns.end(),
                     [&](const SourceColumn& column) { return !column.dropped && column.name == name; });
    return found == table.columns.end() ? nullptr : &*found;
}

SourceType text_type() {
    SourceType type;
    type.oid = pg_types::text;
    type.schema = "pg_catalog";
    type.name = type.sql = "text";
    return type;
}

class Comparison {
 public:
    Comparison(const TableShape& known, const Relation& relation, const TableEvidence* evidence,
               const StreamTypes& types)
        : known_(known),
          relation_(relation),
          evidence_(evidence),
          types_(types),
          last_attnum_(known.storage.last_attnum) {
        for (const SourceColumn& column : known.table.columns)
            last_attnum_ = std::max(last_attnum_, column.attnum);
    }

    ShapeChange run(bool keeps_dropped) {
        ColumnMatching matching = match_columns(known_.table, relation_, evidence_, last_attnum_);
        change_.doubts = std::move(matching.doubts);
        change_.shape = known_.table;
        change_.shape.columns.clear();
        rename_table();
        if (relation_.identity != ReplicaIdentity::Nothing) change_.shape.identity = relation_.identity;
        change_.identity_changed = change_.shape.identity != known_.table.identity;
        for (std::size_t k = 0; k < known_.table.columns.size(); ++k)
            go_on(k, matching.columns, keeps_dropped);
        for (std::size_t i = 0; i < relation_.columns.size(); ++i) {
            if (!matching.columns[i].known) add(relation_.columns[i], matching.columns[i].attnum);
        }
        look_at_rows();
        settle_storage();
        return std::move(change_);
    }

 private:
    void rename_table() {
        SourceTable& shape = change_.shape;
        if (shape.schema == relation_.schema && shape.name == relation_.name) return;
        change_.table_renamed = true;
        if (shape.first_name.empty()) {
            shape.first_schema = shape.schema;
            shape.first_name = shape.name;
        }
        shape.schema = relation_.schema;
        shape.name = relation_.name;
    }

    void put(SourceColumn column, std::optional<std::size_t> origin,
             std::optional<std::string> missing = {}) {
        change_.shape.columns.push_back(std::move(column));
        change_.origin.push_back(origin);
        change_.missing.push_back(std::move(missing));
    }

    void note(ColumnChange::Kind kind, const SourceColumn* old, const SourceColumn* now) {
        ColumnChange change;
        change.kind = kind;
        change.name = now != nullptr ? now->name : old->name;
        if (kind == ColumnChange::Kind::Renamed) change.old_name = old->name;
        if (old != nullptr && kind != ColumnChange::Kind::Renamed) change.old_type = old->type.sql;
        if (now != nullptr && kind != ColumnChange::Kind::Renamed) change.type = now->type.sql;
        change_.columns.push_back(std::move(change));
    }

    /// What the known column became.
    void go_on(std::size_t k, const std::vector<ColumnMatch>& matches, bool keeps_dropped) {
        const SourceColumn& old = known_.table.columns[k];
        const auto match = std::find_if(matches.begin(), matches.end(),
                                        [&](const ColumnMatch& candidate) { return candidate.known == k; });
        if (match == matches.end()) {
            drop(k, keeps_dropped);
            return;
        }
        const Column& sent = relation_.columns[static_cast<std::size_t>(match - matches.begin())];
        SourceColumn now = old;
        now.name = sent.name;
        now.attnum = match->attnum;
        now.dropped = false;
        now.target_type.clear();
        if (!same_type(old, sent)) set_type(now, sent);
        set_flags(now, sent);
        if (old.dropped) {
            note(ColumnChange::Kind::Arrived, nullptr, &now);
            arrived_ = now.name;
        } else {
            if (old.name != now.name) note(ColumnChange::Kind::Renamed, &old, &now);
            const bool retyped = old.type != now.type || old.declared_type_oid != now.declared_type_oid;
            if (retyped) note(ColumnChange::Kind::Retyped, &old, &now);
            if (retyped) retyped_ = now.name;
            if (retyped && old.declared_type_oid != now.declared_type_oid) other_type_ = now.name;
            if (!retyped && old.name == now.name) untouched_.push_back(now.attnum);
            const bool key_moved =
                old.in_identity != now.in_identity || old.in_primary_key != now.in_primary_key;
            change_.identity_changed = change_.identity_changed || key_moved;
        }
        put(std::move(now), k);
    }

    void drop(std::size_t k, bool keeps_dropped) {
        SourceColumn column = known_.table.columns[k];
        if (!column.dropped) {
            const bool replaced = std::any_of(relation_.columns.begin(), relation_.columns.end(),
                                              [&](const Column& sent) { return sent.name == column.name; });
            if (!replaced) note(ColumnChange::Kind::Dropped, &column, nullptr);
            if (replaced) replaced_ = column.name;
            change_.identity_changed = change_.identity_changed || column.in_identity;
        }
        if (!keeps_dropped && !column.dropped) return;
        column.dropped = true;
        column.not_null = column.in_primary_key = column.in_identity = false;
        put(std::move(column), k);
    }

    void add(const Column& sent, std::int16_t attnum) {
        SourceColumn column;
        column.name = sent.name;
        column.attnum = attnum;
        set_type(column, sent);
        set_flags(column, sent);
        const SourceColumn* old = find_sent(known_.table, sent.name);
        const bool was_there = attnum != 0 && attnum <= last_attnum_;
        std::optional<std::string> missing;
        const ColumnEvidence* found = of_attnum(attnum);
        if (found != nullptr && found->column.declared_type_oid == sent.type_oid) missing = found->missing;
        if (was_there) arrived_ = sent.name;
        if (!missing && !was_there) bare_ = sent.name;
        change_.identity_changed = change_.identity_changed || column.in_identity;
        note(was_there        ? ColumnChange::Kind::Arrived
             : old == nullptr ? ColumnChange::Kind::Added
                              : ColumnChange::Kind::Replaced,
             old, &column);
        put(std::move(column), std::nullopt, std::move(missing));
    }

    const ColumnEvidence* of_attnum(std::int16_t attnum) const {
        return evidence_ == nullptr || attnum == 0 ? nullptr : evidence_->column(attnum);
    }

    void set_type(SourceColumn& column, const Column& sent) {
        column.declared_type_oid = sent.type_oid;
        const auto& columns = known_.table.columns;
        const auto other = std::find_if(columns.begin(), columns.end(), [&](const SourceColumn& candidate) {
            return same_type(candidate, sent);
        });
        if (other != columns.end()) {
            column.type = other->type;
            return;
        }
        const auto found = types_.find({sent.type_oid, sent.type_modifier});
        if (found != types_.end() && found->second) {
            column.type = *found->second;
            return;
        }
        column.type = text_type();
        change_.doubts.push_back(
            fmt::format("the type of column {} (OID {}) is not there any more: kept as text", column.name,
                        sent.type_oid));
    }

    void set_flags(SourceColumn& column, const Column& sent) {
        const ColumnEvidence* found = of_attnum(column.attnum);
        if (found != nullptr && !found->column.dropped) {
            column.not_null = found->column.not_null;
            column.in_primary_key = found->column.in_primary_key;
            if (relation_.identity == ReplicaIdentity::Full) column.in_identity = found->column.in_identity;
        }
        if (relation_.identity == ReplicaIdentity::Full || relation_.identity == ReplicaIdentity::Nothing)
            return;
        column.in_identity = sent.key;
        if (relation_.identity == ReplicaIdentity::Default) column.in_primary_key = sent.key;
        column.not_null = column.not_null || sent.key;
    }

    /// Whether rows at the source changed without events.
    void look_at_rows() {
        const bool told = evidence_ != nullptr && !known_.storage.empty();
        const bool rewritten = told && was_rewritten(known_.storage, evidence_->storage);
        const bool altered =
            rewritten && std::any_of(untouched_.begin(), untouched_.end(), [&](std::int16_t attnum) {
                return !same_mark(known_.storage, evidence_->storage, attnum);
            });
        std::string& reason = change_.copy_reason;
        if (evidence_ == nullptr) return;  // there is nothing to copy any more
        if (!replaced_.empty()) {
            reason = fmt::format("column {} was dropped and made anew", replaced_);
        } else if (!arrived_.empty()) {
            reason = fmt::format("column {} was not published before", arrived_);
        } else if (!retyped_.empty() && rewritten) {
            reason = fmt::format("the new type of column {} rewrote its values", retyped_);
        } else if (!other_type_.empty() && !told) {
            reason = fmt::format("column {} has another type", other_type_);
        } else if (!bare_.empty() && rewritten) {
            reason = fmt::format("the table was rewritten when column {} came, or since", bare_);
        } else if (altered) {
            reason = "the table was rewritten by an ALTER TABLE";
        }
    }

    /// Traces of a rewrite that the stream has not come to yet must stay visible until the rows are copied.
    void settle_storage() {
        TableStorage& storage = change_.storage;
        storage = known_.storage;
        if (evidence_ != nullptr && (known_.storage.empty() || !change_.copy_reason.empty()))
            storage = evidence_->storage;
        std::erase_if(storage.marks, [&](const auto& mark) {
            return std::find(untouched_.begin(), untouched_.end(), mark.first) == untouched_.end();
        });
        storage.last_attnum = last_attnum_;
        for (const SourceColumn& column : change_.shape.columns)
            storage.last_attnum = std::max(storage.last_attnum, column.attnum);
    }

    const TableShape& known_;
    const Relation& relation_;
    const TableEvidence* evidence_;
    const StreamTypes& types_;
    std::int16_t last_attnum_;  ///< of the known shape: what is above came later
    ShapeChange change_;
    std::string replaced_, arrived_, retyped_, other_type_, bare_;  ///< the last such column
    std::vector<std::int16_t> untouched_;
};

}  // namespace

bool fits(const SourceTable& shape, const Relation& relation) {
    if (shape.schema != relation.schema || shape.name != relation.name) return false;
    if (count_sent_columns(shape) != relation.columns.size()) return false;
    const bool has_identity = relation.identity != ReplicaIdentity::Nothing;
    if (has_identity && relation.identity != shape.identity) return false;
    const bool tells_key = has_identity && relation.identity != ReplicaIdentity::Full;
    return std::all_of(relation.columns.begin(), relation.columns.end(), [&](const Column& sent) {
        const SourceColumn* column = find_sent(shape, sent.name);
        return column != nullptr && same_type(*column, sent) &&
               (!tells_key || column->in_identity == sent.key);
    });
}

bool same_columns(const SourceTable& shape, const SourceTable& catalog) {
    Relation relation = relation_of(catalog);
    relation.schema = shape.schema;
    relation.name = shape.name;
    return fits(shape, relation);
}

std::vector<StreamType> unknown_types(const SourceTable& known, const Relation& relation) {
    std::vector<StreamType> types;
    for (const Column& sent : relation.columns) {
        const bool is_known =
            std::any_of(known.columns.begin(), known.columns.end(),
                        [&](const SourceColumn& column) { return same_type(column, sent); });
        if (!is_known) types.push_back({sent.type_oid, sent.type_modifier});
    }
    return types;
}

ShapeChange compare_shapes(const TableShape& known, const Relation& relation, const TableEvidence* evidence,
                           const StreamTypes& types, bool keeps_dropped) {
    return Comparison(known, relation, evidence, types).run(keeps_dropped);
}

Relation relation_of(const SourceTable& table) {
    Relation relation;
    relation.id = table.id;
    relation.schema = table.schema;
    relation.name = table.name;
    relation.identity = table.identity;
    for (const SourceColumn& column : table.columns) {
        if (column.dropped) continue;
        const bool domain = column.type.oid != column.declared_type_oid;
        const bool key = table.identity == ReplicaIdentity::Full || column.in_identity;
        relation.columns.push_back(
            {column.name, column.declared_type_oid, domain ? -1 : column.type.modifier, key});
    }
    return relation;
}

}  // namespace walferry
