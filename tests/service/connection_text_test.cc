#include "service/connection_text.h"

#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("a connection's password is replaced wherever it stands") {
    const std::pair<const char*, const char*> cases[] = {
        {"postgresql://ferry:s3cret@db/shop", "postgresql://ferry:${P}@db/shop"},
        {"postgres://ferry:s%40t@db:5432/shop?sslmode=require",
         "postgres://ferry:${P}@db:5432/shop?sslmode=require"},
        {"postgresql://db/shop?user=a&password=x&sslmode=require",
         "postgresql://db/shop?user=a&password=${P}&sslmode=require"},
        {"host=db password=x dbname=shop", "host=db password='${P}' dbname=shop"},
        {"host=db password = 'a \\' b' dbname=shop", "host=db password = '${P}' dbname=shop"},
    };
    for (const auto& [given, wanted] : cases) {
        const ConnectionText text = replace_password(given, "${P}");
        CHECK(text.text == wanted);
        CHECK(text.had_password);
    }
}

TEST_CASE("a connection without a password stays as it is") {
    for (const char* given :
         {"postgresql://localhost/shop", "postgresql://ferry@db:5432/shop", "postgresql://db:5432/a@b:c",
          "postgresql:///shop?host=/tmp&port=5433", "host=db dbname=shop passfile=/x", "postgresql://"}) {
        const ConnectionText text = replace_password(given, "${P}");
        CHECK(text.text == given);
        CHECK_FALSE(text.had_password);
    }
}

TEST_CASE("connections are told from file names") {
    CHECK(is_postgres_connection("postgresql://localhost/shop"));
    CHECK(is_postgres_connection("postgres://localhost"));
    CHECK(is_postgres_connection("host=db dbname=shop"));
    CHECK_FALSE(is_postgres_connection("shop.duckdb"));
    CHECK_FALSE(is_postgres_connection("/data/a=b/shop.duckdb"));
}
