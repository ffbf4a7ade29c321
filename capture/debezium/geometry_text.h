#pragma once

#include <string>

#include "capture/debezium/connect_value.h"

/// Debezium's geometry structs in the text of PostgreSQL's geometric types. Pure; false is "no such value".
namespace walferry::debezium {

/// geometry.Point: (x,y).
bool append_point(std::string& to, const ConnectValue& point);
/// geometry.Line: {a,b,c}.
bool append_line(std::string& to, const ConnectValue& line);
/// geometry.Circle: <(x,y),r>.
bool append_circle(std::string& to, const ConnectValue& circle);
/// geometry.Geometry and Geography: lseg, box, path or polygon where `extensions` says so; else, as PostGIS
/// writes them, the hex digits of the extended WKB.
bool append_geometry(std::string& to, const ConnectValue& geometry);

}  // namespace walferry::debezium
