#pragma once

namespace httplib {
class Server;
}

namespace walferry {

/// GET / and the files under /console/: the page for people. They hold no data, so that they are served
/// without the token, which the page asks for. The browser is told to run nothing that is not served here,
/// and to show it in no other page's frame.
void add_console_routes(httplib::Server& server);

}  // namespace walferry
