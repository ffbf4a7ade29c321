#include "model/lsn.h"

#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("an LSN is written and read in PostgreSQL's form") {
    CHECK(to_string(Lsn{0x16B374D848}) == "16/B374D848");
    CHECK(to_string(Lsn{}) == "0/0");
    CHECK(parse_lsn("16/B374D848") == Lsn{0x16B374D848});
    CHECK(parse_lsn("FFFFFFFF/FFFFFFFF") == Lsn{~0ull});
}

TEST_CASE("what is no LSN is refused") {
    for (const char* text : {"", "/", "1/", "/1", "1", "1/2/3", "g/1", "1/123456789", " 1/2", "-1/2"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_lsn(text).has_value());
    }
}
