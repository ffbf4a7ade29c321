#include "apply/copied_fields.h"

namespace walferry {

std::string copied_own_fields(const TablePlan& plan, const CopyMoment& moment) {
    LoadRow row(plan.format);
    switch (plan.mode) {
        case TableMode::Upsert:
            if (plan.marks_deleted()) row.boolean(false);
            if (!plan.metadata) break;
            row.lsn(moment.snapshot_lsn);
            row.time(moment.now);
            break;
        case TableMode::Scd2:
            row.time(plan.valid_from_beginning ? time_minus_infinity : moment.snapshot_time);
            row.null();
            row.boolean(true);
            row.lsn(moment.snapshot_lsn);
            break;
        case TableMode::Append:
            row.text("r");
            row.lsn(moment.snapshot_lsn);
            row.null();
            row.time(moment.snapshot_time);
            row.nulls(3);
            break;
    }
    return std::string(row.view());
}

}  // namespace walferry
