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

TEST_CASE("what a contract promises of a table's freshness stands beside the freshness") {
    Metrics metrics("shop");
    metrics.table_freshness("public.t", 12);
    metrics.table_freshness_limit("public.t", 60);
    const std::string text = metrics.text();
    CAPTURE(text);
    CHECK(text.find("walferry_table_freshness_seconds{pipeline=\"shop\",table=\"public.t\"} 12\n") !=
          std::string::npos);
    CHECK(text.find("walferry_table_freshness_limit_seconds{pipeline=\"shop\",table=\"public.t\"} 60\n") !=
          std::string::npos);
}
