#!/usr/bin/env python3
"""Bad input over HTTP while a stream goes on: every request gets a clear answer, others are answered meanwhile, memory stays
bounded, and the stream does not notice.

flood_test.py WALFERRY"""
import contextlib
import gzip
import json
import pathlib
import resource
import selectors
import socket
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from service_stand import Stand, end, eventually  # noqa: E402

TOKEN = "secret"
LAG_SECONDS_MAX = 5
GROWTH_BYTES_MAX = 128 << 20
BODY_BYTES = 100 << 20
HALF = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


def head(line, *more):
    return "\r\n".join([line + " HTTP/1.1", "Host: localhost", f"Authorization: Bearer {TOKEN}",
                        *(["Content-Type: application/json"] if line.startswith("POST") else []), *more, "", ""]).encode()


class Flood(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stand = Stand(WALFERRY)
        cls.addClassCleanup(cls.stand.close)
        cls.stand.sql("CREATE TABLE t (id bigserial PRIMARY KEY, v text)")
        cls.service = cls.stand.service(token=TOKEN)
        write = "INSERT INTO t (v) SELECT 'value' FROM generate_series(1, 20)\n\\watch 0.05\n"
        cls.workload = subprocess.Popen([cls.stand.bin / "psql", "-Xq", cls.stand.url()], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.DEVNULL)
        cls.workload.stdin.write(write)
        cls.workload.stdin.flush()
        cls.addClassCleanup(end, cls.workload)

        # Of this process only: the service keeps the usual limit.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most if most != resource.RLIM_INFINITY and most < 4096 else 4096, most))

    def setUp(self):
        self.rss_before = self.service.rss_bytes()

    def tearDown(self):
        """The stream goes on, and has not been held up."""
        self.assertIsNone(self.workload.poll())
        self.assertTrue(eventually(self.service.status, 10))
        status = self.service.status()
        self.assertEqual(status["state"], "streaming", status["reason"])
        self.assertLess(status["lag_seconds"], LAG_SECONDS_MAX)
        newest = self.stand.sql("SELECT max(id) FROM t")
        self.assertTrue(eventually(lambda: self.copied() >= int(newest), LAG_SECONDS_MAX * 2))
        self.assertLess(self.service.rss_bytes() - self.rss_before, GROWTH_BYTES_MAX)

    def copied(self):
        status, _, body = self.service.request("POST", "/api/v1/sql", {"query": "SELECT max(id) FROM public.t"})
        return int(json.loads(body)["rows"][0][0]) if status == 200 else 0

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.service.port), timeout=20)
        self.addCleanup(connection.close)
        return connection

    def answer(self, request, body=()):
        """Status and body of the answer to bytes as they are, the body's parts sent one after the other."""
        connection = self.connect()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may answer and close before the end
            connection.sendall(request)
            for part in body:
                connection.sendall(part)
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                got += part
        self.assertTrue(got.startswith(b"HTTP/1.1 "), got)
        return int(got.split()[1]), json.loads(got.split(b"\r\n\r\n", 1)[1])

    def refused(self, status, request, body=()):
        code, answer = self.answer(request, body)
        self.assertEqual(code, status, answer)
        self.assertTrue(answer["error"])

    def test_a_body_of_100_mb_is_refused_unread(self):
        block = bytes(1 << 20)
        for route in ("/api/v1/sql", "/api/v1/dlq/replay", "/api/v1/verify", "/api/v1/nothing"):
            self.refused(413, head("POST " + route, f"Content-Length: {BODY_BYTES}"), (block for _ in range(BODY_BYTES >> 20)))
        self.refused(411, head("POST /api/v1/sql", "Transfer-Encoding: chunked"),
                     (b"100000\r\n" + block + b"\r\n" for _ in range(BODY_BYTES >> 20)))
        self.refused(411, head("POST /api/v1/sql"))
        bomb = gzip.compress(bytes(BODY_BYTES), 1)
        self.refused(415, head("POST /api/v1/sql", f"Content-Length: {len(bomb)}", "Content-Encoding: gzip"), [bomb])
        self.refused(431, HALF, (block for _ in range(BODY_BYTES >> 20)))
        self.refused(431, b"GET /" + bytes(1 << 20))

    def test_a_wrong_token_and_a_wrong_request_are_told(self):
        self.refused(401, head("GET /api/v1/status").replace(TOKEN.encode(), b"guess"))
        self.refused(401, head("POST /api/v1/sql", "Content-Length: 5").replace(TOKEN.encode(), b"guess"), [b"12345"])
        self.refused(403, head("GET /api/v1/status").replace(b"localhost", b"elsewhere"))
        self.refused(405, head("DELETE /api/v1/sql"))
        self.refused(400, head("POST /api/v1/sql", "Content-Length: 2"), [b"{{"])
        self.refused(404, head("GET /api/v1/nothing"))
        self.refused(400, head("NONSENSE /api/v1/status").replace(b"HTTP/1.1", b"?"))

    def test_clients_that_send_slowly_keep_nobody_waiting(self):
        slow = [self.connect() for _ in range(400)]
        for connection in slow:
            with contextlib.suppress(OSError):
                connection.sendall(HALF)
        for number in range(40):
            for connection in slow:  # a byte now and then, so that none is idle
                with contextlib.suppress(OSError):
                    connection.send(b"x")
            path = ("/healthz", "/metrics", "/api/v1/status")[number % 3]
            self.assertTrue(eventually(lambda: self.service.request("GET", path, timeout=10)[0] == 200, 10), path)
        ended = [connection.recv(4096).split()[1] for connection in slow]
        self.assertEqual(set(ended) - {b"408", b"503"}, set())

    def test_a_thousand_requests_at_once_are_answered_each(self):
        for path in ("GET /metrics", "GET /api/v1/status", "POST /api/v1/sql"):
            body = json.dumps({"query": "SELECT count(*) FROM public.t"}).encode() if path.startswith("POST") else b""
            answers = self.all_at_once(1000, head(path, f"Content-Length: {len(body)}") + body)
            self.assertEqual(set(answers) - {200, 503}, set(), path)
            self.assertEqual(sum(answers.values()), 1000, path)
            self.assertGreater(answers.get(200, 0), 0, path)

    def all_at_once(self, count, request):
        """How many answers had which status."""
        selector, open_now, answers = selectors.DefaultSelector(), {}, {}
        for _ in range(count):
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", self.service.port))
            selector.register(connection, selectors.EVENT_WRITE)
            open_now[connection] = b""
        until = time.monotonic() + 60
        while open_now and time.monotonic() < until:
            for key, events in selector.select(1):
                connection = key.fileobj
                with contextlib.suppress(ConnectionError):
                    if events & selectors.EVENT_WRITE:
                        connection.send(request)
                        selector.modify(connection, selectors.EVENT_READ)
                        continue
                    part = connection.recv(65536)
                    open_now[connection] += part
                    if part:
                        continue
                got = open_now.pop(connection)
                selector.unregister(connection)
                connection.close()
                status = int(got.split()[1]) if got.startswith(b"HTTP/1.1 ") else 0
                answers[status] = answers.get(status, 0) + 1
        return answers


if __name__ == "__main__":
    WALFERRY = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
