// Catch2 2 shows its listeners only on request.
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <iostream>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace {

#if defined(CATCH_VERSION_MAJOR) && CATCH_VERSION_MAJOR >= 3
using Listener = Catch::EventListenerBase;
using Handled = void;
#else
using Listener = Catch::TestEventListenerBase;
using Handled = bool;
#endif

/// Keeps the folders of servers, configurations and logs when a test fails, and says where they are.
class FailureListener : public Listener {
 public:
    using Listener::Listener;

    Handled assertionEnded(const Catch::AssertionStats& stats) override {
        if (!stats.assertionResult.isOk() && !walferry::testing::process_dir_is_kept()) {
            walferry::testing::keep_process_dir();
            std::cout << "kept for a look: " << walferry::testing::process_dir().string() << std::endl;
        }
        return Handled(true);
    }
};

CATCH_REGISTER_LISTENER(FailureListener)

}  // namespace
