#include "apply/schema/column_matching.h"

#include <fmt/format.h>

#include <algorithm>

namespace walferry {

namespace {

class Matching {
 public:
    Matching(const SourceTable& known, const Relation& relation, const TableEvidence* evidence,
             std::int16_t last_attnum)
        : known_(known), relation_(relation), evidence_(evidence), last_attnum_(last_attnum) {
        result_.columns.resize(relation.columns.size());
        taken_.resize(known.columns.size());
    }

    ColumnMatching run() {
        if (evidence_ != nullptr && catalog_has_this_shape()) {
            by_attnum();
            return std::move(result_);
        }
        by_name();
        if (evidence_ != nullptr) by_evidence();
        by_place();
        if (evidence_ != nullptr) by_order();
        return std::move(result_);
    }

 private:
    /// The catalog is not further than the stream, as far as these columns go: it has them all, in order.
    bool catalog_has_this_shape() const {
        std::int16_t last = 0;
        for (const Column& column : relation_.columns) {
            const ColumnEvidence* found = evidence_->column(column.name);
            if (found == nullptr || found->column.declared_type_oid != column.type_oid) return false;
            if (found->column.attnum <= last) return false;
            last = found->column.attnum;
        }
        return true;
    }

    void take(std::size_t place, std::size_t known) {
        result_.columns[place] = {known, known_.columns[known].attnum};
        taken_[known] = true;
    }

    void by_attnum() {
        for (std::size_t i = 0; i < relation_.columns.size(); ++i) {
            const Column& sent = relation_.columns[i];
            const std::int16_t attnum = evidence_->column(sent.name)->column.attnum;
            auto known = find_known([&](const SourceColumn& column) {
                return !column.dropped &&
                       (column.attnum != 0 ? column.attnum == attnum : column.name == sent.name);
            });
            // Published again.
            if (!known) {
                known = find_known([&](const SourceColumn& column) { return column.attnum == attnum; });
            }
            if (known) take(i, *known);
            result_.columns[i].attnum = attnum;
        }
    }

    template <class Condition>
    std::optional<std::size_t> find_known(Condition&& condition) const {
        for (std::size_t k = 0; k < known_.columns.size(); ++k) {
            if (!taken_[k] && condition(known_.columns[k])) return k;
        }
        return std::nullopt;
    }

    void by_name() {
        for (std::size_t i = 0; i < relation_.columns.size(); ++i) {
            for (std::size_t k = 0; k < known_.columns.size(); ++k) {
                const SourceColumn& column = known_.columns[k];
                if (!column.dropped && column.name == relation_.columns[i].name) take(i, k);
            }
        }
    }

    /// The catalog has the new name at a known column's attnum.
    void by_evidence() {
        for (std::size_t i = 0; i < relation_.columns.size(); ++i) {
            if (result_.columns[i].known) continue;
            const ColumnEvidence* found = evidence_->column(relation_.columns[i].name);
            if (found == nullptr) continue;
            result_.columns[i].attnum = found->column.attnum;
            for (std::size_t k = 0; k < known_.columns.size(); ++k) {
                const SourceColumn& column = known_.columns[k];
                if (!taken_[k] && !column.dropped && column.attnum == found->column.attnum) take(i, k);
            }
        }
    }

    /// Columns of the known shape that live and that nothing was matched with, between two attnums.
    std::vector<std::size_t> left_between(std::int16_t after, std::int16_t before) const {
        std::vector<std::size_t> left;
        for (std::size_t k = 0; k < known_.columns.size(); ++k) {
            const SourceColumn& column = known_.columns[k];
            if (!taken_[k] && !column.dropped && column.attnum > after && column.attnum < before)
                left.push_back(k);
        }
        return left;
    }

    /// Between two columns that are known there can't be new ones: they were renamed, where their number and
    /// types are the same. Behind the last known one they can be either.
    void by_place() {
        constexpr std::int16_t end = 32'767;
        std::int16_t after = 0;
        for (std::size_t i = 0; i < relation_.columns.size();) {
            if (result_.columns[i].known) {
                after = result_.columns[i++].attnum;
                continue;
            }
            std::size_t next = i;
            while (next < relation_.columns.size() && !result_.columns[next].known) ++next;
            const bool is_last = next == relation_.columns.size();
            const std::vector<std::size_t> left =
                left_between(after, is_last ? end : result_.columns[next].attnum);
            bool same = !is_last && left.size() == next - i;
            for (std::size_t j = 0; same && j < left.size(); ++j)
                same = known_.columns[left[j]].declared_type_oid == relation_.columns[i + j].type_oid;
            for (std::size_t j = i; j < next; ++j) {
                if (same) take(j, left[j - i]);
                if (!same && !left.empty())
                    doubt(relation_.columns[j].name, known_.columns[left.front()].name);
            }
            i = next;
        }
    }

    /// New columns that the catalog has under other names by now. They came in the order of their attnums: as
    /// far as none of those that came first was dropped, the stream has sent just these.
    void by_order() {
        std::size_t first = result_.columns.size();
        while (first > 0 && !result_.columns[first - 1].known) --first;
        for (std::size_t k = 0; k < known_.columns.size(); ++k) {
            const SourceColumn& column = known_.columns[k];
            if (!column.dropped && (!taken_[k] || column.attnum == 0)) return;  // it may be one of them
        }
        std::vector<const SourceColumn*> later;
        for (const ColumnEvidence& found : evidence_->columns) {
            if (found.column.attnum <= last_attnum_ || found.generated) continue;
            if (found.column.dropped) break;
            later.push_back(&found.column);
        }
        if (later.size() < result_.columns.size() - first) return;
        const auto may_be = [&](std::size_t i) {
            const std::int16_t told = result_.columns[i].attnum;
            return later[i - first]->declared_type_oid == relation_.columns[i].type_oid &&
                   (told == 0 || told == later[i - first]->attnum);
        };
        for (std::size_t i = first; i < result_.columns.size(); ++i) {
            if (!may_be(i)) return;
        }
        for (std::size_t i = first; i < result_.columns.size(); ++i)
            result_.columns[i].attnum = later[i - first]->attnum;
    }

    void doubt(const std::string& name, const std::string& old_name) {
        result_.doubts.push_back(fmt::format(
            "column {} may be column {} under another name, which the source's catalog does not tell "
            "any more: taken for a new one",
            name, old_name));
    }

    const SourceTable& known_;
    const Relation& relation_;
    const TableEvidence* evidence_;
    std::int16_t last_attnum_;
    ColumnMatching result_;
    std::vector<bool> taken_;
};

}  // namespace

ColumnMatching match_columns(const SourceTable& known, const Relation& relation,
                             const TableEvidence* evidence, std::int16_t last_attnum) {
    return Matching(known, relation, evidence, last_attnum).run();
}

}  // namespace walferry
