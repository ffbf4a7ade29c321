#include "pipeline/verify/verify_desk.h"

#include "apply/load_row.h"

namespace walferry {

Result<std::vector<TableVerification>> VerifyDesk::verify(VerifyOptions options, VerifyListener listener,
                                                          std::stop_token stop) {
    {
        const std::lock_guard lock(mutex_);
        if (running_) {
            return Error{ErrorKind::Busy, "another comparison is under way",
                         "wait for its end; GET /api/v1/verify says where it stands", ""};
        }
        running_ = true;
    }
    const bool all_found = options.limit == 0 && !options.is_part();
    Verifier verifier(parts_, std::move(options), std::move(listener), std::move(stop));
    auto results = verifier.run();
    std::vector<Entry> news;
    if (results && all_found) {
        for (const TableVerification& result : results.value()) news.push_back({result, pg_time_now()});
    }
    {
        const std::lock_guard lock(mutex_);
        running_ = false;
        failure_ = results ? "" : describe(results.error());
        for (const Entry& entry : news) entries_[{entry.result.table, entry.result.target}] = entry;
    }
    for (const Entry& entry : news) {
        if (entry.result.skipped.empty()) compared_(entry);
    }
    return results;
}

Status VerifyDesk::check(const VerifyOptions& options) const {
    VerifyListener nobody{[](const Difference&) { return success(); }, [](const std::string&) {},
                          [](const std::string&, std::uint64_t, std::int64_t) {}};
    return Verifier(parts_, options, std::move(nobody), {}).check();
}

VerifyDesk::State VerifyDesk::state() const {
    const std::lock_guard lock(mutex_);
    State state{running_, failure_, {}};
    for (const auto& [name, entry] : entries_) state.entries.push_back(entry);
    return state;
}

}  // namespace walferry
