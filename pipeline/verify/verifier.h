#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "config/config.h"
#include "dlq/dead_letter_replay.h"
#include "pipeline/verify/bound_condition.h"
#include "pipeline/verify/compared_table.h"
#include "pipeline/verify/fence.h"
#include "pipeline/verify/scan_pace.h"
#include "pipeline/verify/verify_report.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Compares source and warehouse, table by table, while both may change. The same through the running service
/// and without one. Used by one thread.
class Verifier {
 public:
    struct Parts {
        const Config& config;
        /// A session to read with.
        std::function<Result<std::unique_ptr<WarehouseSession>>()> reader;
        /// Whose pipeline runs in this process; without it the warehouse's checkpoint is looked at.
        std::function<std::shared_ptr<Progress>()> progress;
        /// Who repairs; may be empty.
        SingleWriter writer;
    };
    Verifier(Parts parts, VerifyOptions options, VerifyListener listener, std::stop_token stop);
    ~Verifier();

    /// The targets that were looked at, in order. Kind Configuration: a table that was named is not there.
    /// Kind Cancelled: asked to stop.
    Result<std::vector<TableVerification>> run();
    /// Instead of `run`: whether it would begin, with the tables and the part that are asked for.
    Status check();

 private:
    struct Planned {
        TablePlan plan;
        std::string skipped;
        BoundCondition part;
    };

    Status open();
    Result<std::vector<Planned>> plan();
    Status choose_part(std::vector<Planned>& planned);
    bool is_wanted(const std::string& table) const;
    Status refuse_unknown(const std::vector<Planned>& planned) const;
    Result<TableVerification> verify(const Planned& planned);
    Status compare(const ComparedTable& table, TableVerification& result);
    Result<std::unique_ptr<RowSide>> make_source(const ComparedTable& table);
    std::unique_ptr<RowSide> make_target(const ComparedTable& table);
    void say_left_out(const ComparedTable& table) const;
    GoOn go_on() const;
    ControlSchema control() const;

    Parts parts_;
    VerifyOptions options_;
    VerifyListener listener_;
    std::stop_token stop_;
    WarehouseKind kind_;
    std::unique_ptr<SourceCatalog> catalog_;
    std::unique_ptr<SourceQuery> query_;
    std::unique_ptr<WarehouseSession> session_;
    std::unique_ptr<Fence> fence_;
    std::uint64_t found_ = 0;
    ScanPace pace_;
    bool said_behind_ = false;
};

}  // namespace walferry
