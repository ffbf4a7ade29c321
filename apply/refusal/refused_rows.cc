#include "apply/refusal/refused_rows.h"

#include "capture/pgoutput/change_decoder.h"

namespace walferry {

Result<RefusedRows> refused_rows(WarehouseSession& session, const EventSpan& span, const Table& table,
                                 const TablePlan& plan) {
    return plan.kind == WarehouseKind::DuckDb ? refused_by_conditions(session, span, table, plan)
                                              : refused_by_twin(session, span, table, plan);
}

Result<std::string_view> EventRows::row(std::size_t event) {
    const RecordedEvent& recorded = batch_.events()[event];
    if (batch_.refusal_of(recorded) != nullptr) return std::string_view{};
    WALFERRY_TRY(message, decoder_.decode(recorded.message));
    WALFERRY_TRY(change, to_change(message, recorded.message, *recorded.relation, recorded.sequence));
    if (change.kind != ChangeKind::Insert && change.kind != ChangeKind::Update) return std::string_view{};
    arena_.take_back(last_);
    auto encoded = encoder_.encode(change, Transaction{}, arena_);
    if (!encoded && encoded.error().kind != ErrorKind::Data) return encoded.error();
    last_ = encoded ? encoded.value().row : std::string_view{};
    if (!encoded || encoded.value().has_unchanged) return std::string_view{};
    return encoded.value().data();
}

}  // namespace walferry
