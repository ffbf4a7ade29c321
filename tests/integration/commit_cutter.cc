#include "tests/integration/commit_cutter.h"

namespace walferry::testing {

void CommitCutter::arm(Passage how, std::string statement) {
    proxy_.watch({});  // from here on nobody looks at the members
    how_ = how;
    statement_ = std::move(statement);
    meant_.clear();
    has_cut_ = false;
    proxy_.watch([this](const WireMessage& message) { return judge(message); });
}

Passage CommitCutter::judge(const WireMessage& message) {
    const bool is_statement = message.type == 'Q' || message.type == 'P';
    if (message.sender != Sender::Client || !is_statement || has_cut_) return Passage::Forward;
    if (message.is_query("BEGIN")) meant_.erase(message.connection);
    if (message.body.find(statement_) != std::string::npos) meant_.insert(message.connection);
    if (!message.is_query("COMMIT") || !meant_.contains(message.connection)) return Passage::Forward;
    has_cut_ = true;
    proxy_.set_open(false);
    return how_;
}

}  // namespace walferry::testing
