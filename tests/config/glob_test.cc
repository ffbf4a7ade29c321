#include "config/glob.h"

#include "config/config.h"
#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("a glob matches the whole text") {
    struct Case {
        const char* glob;
        const char* text;
        bool matches;
    };
    const Case cases[] = {
        {"public.orders", "public.orders", true},
        {"public.orders", "public.orders2", false},
        {"public.orders", "xpublic.orders", false},
        {"public.order_*", "public.order_", true},
        {"public.order_*", "public.order_lines", true},
        {"public.order_*", "public.orders", false},
        {"*", "a.b.c", true},
        {"*.orders", "a.b.orders", true},
        {"public.*", "Public.orders", false},
        {"a?c.t", "abc.t", true},
        {"a?c.t", "ac.t", false},
        {"a?c.t", "a\xc3\xa9\x63.t", true},
        {"a[bc]d.t", "acd.t", true},
        {"a[bc]d.t", "aed.t", false},
        {"a[a-z].t", "aq.t", true},
        {"a[a-z].t", "aQ.t", false},
        {"a[!a-z].t", "aQ.t", true},
        {"a[!a-z].t", "aq.t", false},
        {"a[]x].t", "a].t", true},
        {"a[a-].t", "a-.t", true},
        {"a[\\]].t", "a].t", true},
        {"a[\xc3\xa0-\xc3\xbc].t", "a\xc3\xa9.t", true},
        {"a\\*.t", "a*.t", true},
        {"a\\*.t", "ab.t", false},
        {"**a*.t", "xxaxx.t", true},
        {"*ab*ab", "abxab", true},
        {"*ab*ab", "ab", false},
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"?", "", false},
        {"[a", "a", false},
        {"a\\", "a", false},
    };
    for (const Case& each : cases) {
        CAPTURE(each.glob, each.text);
        CHECK(glob_matches(each.glob, each.text) == each.matches);
    }
}

TEST_CASE("many stars do not make a glob explode") {
    std::string glob;
    for (int count = 0; count < 200; ++count) glob += "*a";
    CHECK_FALSE(glob_matches(glob + "b", std::string(5000, 'a')));
    CHECK(glob_matches(glob, std::string(5000, 'a')));
}

TEST_CASE("a glob for schema.table is told from one that is none") {
    for (const char* glob : {"*", "public.orders", "public.[a-z]*", "???", "a[.]b", "we\\[ird.t", "[!a].b"}) {
        CAPTURE(glob);
        CHECK_FALSE(glob_problem(glob).has_value());
    }
    for (const char* glob :
         {"", "orders", "public.[abc", "public.x\\", "public.[z-a]", "public.[]", "public.[a\\"}) {
        CAPTURE(glob);
        CHECK(glob_problem(glob).has_value());
    }
}

TEST_CASE("a quoted name matches itself and nothing else") {
    for (const std::string name : {"public.orders", "we*ird.t[a-z]?", "a\\b.c", "s.[", "s.\xc3\xa9"}) {
        CAPTURE(name);
        CHECK_FALSE(glob_problem(quote_glob(name)).has_value());
        CHECK(glob_matches(quote_glob(name), name));
        CHECK_FALSE(glob_matches(quote_glob(name), name + "x"));
    }
    CHECK_FALSE(glob_matches(quote_glob("s.a*"), "s.ab"));
}
