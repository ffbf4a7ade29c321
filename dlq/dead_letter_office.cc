#include "dlq/dead_letter_office.h"

#include <fmt/format.h>

#include "warehouse/control_names.h"

namespace walferry {

Status DeadLetterOffice::open(WarehouseSession& session) {
    WALFERRY_TRY(last, store_.last_id(session));
    last_id_ = last;
    return success();
}

Status DeadLetterOffice::append(WarehouseSession& session, std::span<DeadLetter> letters) {
    if (shared_) {
        WALFERRY_TRYV(lock_ids(session, store_.control()));
        WALFERRY_TRYV(open(session));
    }
    for (DeadLetter& letter : letters) letter.id = ++last_id_;
    return store_.append(session, letters);
}

Status DeadLetterOffice::note(std::uint64_t accepted, std::uint64_t rejected, const std::string& last) {
    const std::lock_guard lock(mutex_);
    if (!last.empty()) last_error_ = last;
    if (!rate_.note(accepted, rejected)) return success();
    return Error{ErrorKind::Refused,
                 fmt::format("{:.1f} % of the last events would become dead letters, more than "
                             "dead_letters.max_rate allows ({:.1f} %); the last one: {}",
                             rate_.rate() * 100, rate_max_ * 100, last_error_),
                 "correct the target or the configuration; or raise dead_letters.max_rate (1 never stops), "
                 "then `walferry run CONFIG` and `walferry dlq list CONFIG`",
                 ""};
}

}  // namespace walferry
