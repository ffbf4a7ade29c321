#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "config/config.h"

namespace walferry {

class Pipeline;
class SystemdNotifier;

/// Where reloads are asked for; may be there before the one that does them.
class ReloadRequests {
 public:
    void ask();
    /// Waits for a request, so long at most; tells whether there is one, which is then taken.
    bool wait(std::stop_token stop, std::chrono::milliseconds time_max);

 private:
    std::mutex mutex_;
    std::condition_variable_any asked_;
    bool waiting_ = false;
};

/// Reads the configuration again when asked to. A file that is wrong, or that changes what only a restart can
/// change, is logged and nothing changes; else what changed is set at once (the log level) or by a new
/// session of the pipeline. While tables are copied that waits, since an interrupted copy begins again.
class ConfigReload {
 public:
    struct Parts {
        std::string file;
        std::string text;         ///< what the file held when it was first read
        bool sets_level = false;  ///< the log level is the file's, not the command line's
        Pipeline& pipeline;
        SystemdNotifier& notifier;
        ReloadRequests& requests;
        /// Called with each configuration that was taken; may be empty. On this one's thread.
        std::function<void(const Config&)> taken = {};
    };
    explicit ConfigReload(Parts parts);

 private:
    void run(std::stop_token stop);
    std::string reload(std::stop_token stop);
    std::string use(Config config, std::stop_token stop);
    bool copies_end(std::stop_token stop);
    std::string wait_for_session(std::stop_token stop);

    Parts parts_;
    std::jthread thread_;
};

/// The file's text; fails as `load_config` does.
Result<std::string> read_config_text(const std::string& path);

}  // namespace walferry
