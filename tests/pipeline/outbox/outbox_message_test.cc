#include "pipeline/outbox/outbox_message.h"

#include <nlohmann/json.hpp>

#include "pipeline/delivery/webhook_client.h"
#include "tests/support/catch.h"

namespace walferry {

namespace {

OutboxRow row_with(const std::string& payload) {
    return {42, "shop", 1'000'042, "batch", "public.orders", "raw.orders", Lsn{0x16'B374'D848}, payload};
}

}  // namespace

TEST_CASE("an outbox message is the row as one line of JSON") {
    CHECK(outbox_json(row_with(R"({"counts": {"c": 1, "u": 0}, "x": "ü"})")) ==
          R"({"id":42,"pipeline":"shop","created_at":"2000-01-01T00:00:01.000042Z","kind":"batch",)"
          R"("source_table":"public.orders","target_table":"raw.orders","commit_lsn":"16/B374D848",)"
          R"("payload":{"counts":{"c":1,"u":0},"x":"ü"}})");
    OutboxRow before_2000 = row_with("{}");
    before_2000.created_at = -1;
    CHECK(outbox_json(before_2000).find("1999-12-31T23:59:59.999999Z") != std::string::npos);
}

TEST_CASE("a notification that PostgreSQL would refuse for its length keeps id, kind and target") {
    const std::size_t frame = notify_json(row_with(R"("")")).size();
    const std::string fits = notify_json(row_with('"' + std::string(notify_bytes_max - frame, 'x') + '"'));
    CHECK(fits.size() == notify_bytes_max);
    CHECK(nlohmann::json::parse(fits).contains("payload"));
    CHECK(notify_json(row_with('"' + std::string(notify_bytes_max - frame + 1, 'x') + '"')) ==
          R"({"id":42,"kind":"batch","target_table":"raw.orders"})");
}

// RFC 4231, test cases 2 and 6.
TEST_CASE("the signature is HMAC-SHA-256 in lower-case hexadecimals") {
    CHECK(webhook_signature("Jefe", "what do ya want for nothing?") ==
          "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(webhook_signature(std::string(131, '\xaa'),
                            "Test Using Larger Than Block-Size Key - Hash Key First") ==
          "sha256=60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

}  // namespace walferry
