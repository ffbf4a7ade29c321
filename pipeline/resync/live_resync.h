#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "apply/shadow_writer.h"
#include "apply/table_registry.h"
#include "config/config.h"
#include "pipeline/applier_errands.h"
#include "pipeline/resync/resync_board.h"
#include "pipeline/resync/row_pace.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Makes the targets of one table equal to the source again while it streams, and others do.
///
///   1. begin     (applier) the shadow is made, empty; from this commit on the table's changes are kept
///                besides being applied
///   2. copy      under a snapshot taken after that, into the shadow; transactions that ran at 1 have ended
///   3. catch up  (own session) what is kept of transactions that the snapshot did not see, until the
///                checkpoint has passed the snapshot's position
///   4. compare   (applier) the rest of what is kept, and at that very moment an own session takes its
///                snapshot of the warehouse: targets and shadow are of one position there. It finds the keys
///                whose rows differ; a log gets its `r` rows
///   5. catch up  again
///   6. exchange  (applier) the rest of what is kept; rows of these keys become as in the shadow; the shadow
///                goes, the resync is done: all in one transaction
///
/// Why only these keys: rows that were equal at 4 got the same changes in target and shadow since, each in
/// the order of the commits. So the applier's part stays small, and the target is never behind nor
/// half-filled.
///
/// What a crash leaves: the shadow, kept changes, an open row. The next session begins again at 1, which
/// clears them. A log may have its `r` rows twice then, each true for its position. A change of the table's
/// shape begins again at 1, too.
///
/// Keys that have dead letters are not removed from the targets though the shadow lacks them: what is refused
/// leaves the old version standing. A table without key is exchanged whole.
///
/// Runs on a thread of its own.
class LiveResync {
 public:
    struct Parts {
        const Config& config;
        Warehouse& warehouse;
        const ControlSchema& control;
        TableRegistry& registry;
        ApplierErrands& errands;
        DeadLetterOffice& letters;  ///< the pipeline's
        ResyncBoard& board;
        std::uint64_t epoch = 0;
        bool outbox = false;
    };
    LiveResync(Parts parts, ResyncRow row);
    ~LiveResync();

    /// Until it is done, failed or cancelled, and its row says so (success); until asked to stop (Cancelled);
    /// or an error that ends the session.
    Status run(std::stop_token stop);

 private:
    Status run_once();
    Status find_table();
    Status begin();
    Status copy();
    Status catch_up();
    Result<bool> passed_snapshot();
    Status drain_some(ShadowWriter& writer, PendingChanges::Drained& drained);
    Status drain_rest(WarehouseSession& applier);
    Status compare();
    Status find_differences(Lsn position);
    Status exchange();
    Status settle_letters(WarehouseSession& session);
    Status end(ResyncState state, std::string reason);
    Status discard(WarehouseSession& session);

    Result<std::shared_ptr<Table>> make_shadow(WarehouseSession& session);
    Status errand(const ApplierErrands::Errand& errand);
    Status check_going_on() const;
    bool is_current() const;
    void show(ResyncState state);
    void show(const ResyncRow& row) const;

    Parts parts_;
    ResyncRow row_;
    std::stop_token stop_;
    ControlSchema shadow_control_;  ///< of the shadow's letters, which are not the pipeline's
    DeadLetterOffice shadow_office_;
    std::shared_ptr<Table> table_, shadow_;
    std::unique_ptr<WarehouseSession> session_;
    RowPace pace_;
    bool was_copied_ = false;  ///< the table began to stream while its turn was waited for
};

}  // namespace walferry
