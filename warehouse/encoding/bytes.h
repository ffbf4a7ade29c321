#pragma once

#include <string_view>

namespace walferry {

char* encode_bool(std::string_view text, char* to);
char* encode_bytea(std::string_view text, char* to);
char* encode_uuid(std::string_view text, char* to);
char* encode_jsonb(std::string_view text, char* to);

}  // namespace walferry
