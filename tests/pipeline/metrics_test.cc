#include "pipeline/metrics.h"

#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("dead letters are counted by table and stage, and the open ones are shown") {
    Metrics metrics("shop");
    metrics.dead_lettered("public.t", "apply", 3);
    metrics.dead_lettered("public.t", "apply", 2);
    metrics.dead_lettered("public.t", "contract", 1);
    metrics.dead_letters_pending(4);
    const std::string text = metrics.text();
    for (const char* line :
         {"walferry_dead_letters_total{pipeline=\"shop\",stage=\"apply\",table=\"public.t\"} 5\n",
          "walferry_dead_letters_total{pipeline=\"shop\",stage=\"contract\",table=\"public.t\"} 1\n",
          "walferry_dead_letters_pending{pipeline=\"shop\"} 4\n"}) {
        CAPTURE(text);
        CHECK(text.find(line) != std::string::npos);
    }
}
