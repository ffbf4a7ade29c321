#include "pipeline/config_exchange.h"

#include <utility>

namespace walferry {

ConfigExchange::ConfigExchange(Config first) {
    configs_.push_back(std::move(first));
    current_ = &configs_.back();
}

void ConfigExchange::offer(Config next) {
    std::stop_source session{std::nostopstate};
    {
        const std::lock_guard lock(mutex_);
        offered_ = std::move(next);
        newest_offer_ = Offer::Waiting;
        session = session_;
    }
    session.request_stop();
}

ConfigExchange::Offer ConfigExchange::newest_offer() const {
    const std::lock_guard lock(mutex_);
    return newest_offer_;
}

bool ConfigExchange::begin_session(const std::stop_source& session) {
    const std::lock_guard lock(mutex_);
    session_ = session;
    if (!offered_) return false;
    // Of several offers in a row none of which began, the way back leads before the first.
    if (before_ == nullptr) before_ = current_;
    configs_.push_back(std::move(*offered_));
    offered_.reset();
    current_ = &configs_.back();
    newest_offer_ = Offer::Trying;
    return true;
}

void ConfigExchange::settle() {
    const std::lock_guard lock(mutex_);
    before_ = nullptr;
    if (newest_offer_ == Offer::Trying) newest_offer_ = Offer::Taken;
}

bool ConfigExchange::give_up() {
    const std::lock_guard lock(mutex_);
    if (before_ == nullptr) return false;
    current_ = std::exchange(before_, nullptr);
    if (newest_offer_ == Offer::Trying) newest_offer_ = Offer::GivenUp;
    return true;
}

}  // namespace walferry
