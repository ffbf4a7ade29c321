#include "pipeline/dead_letter_replayer.h"

namespace walferry {

Result<ReplayOne> dead_letter_replayer(const Config&, WarehouseKind) {
    return Error{ErrorKind::Refused, "dead letters can't be replayed yet in this version",
                 "correct the rows at the source: later versions supersede their letters", ""};
}

}  // namespace walferry
