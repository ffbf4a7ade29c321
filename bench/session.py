"""A session with a PostgreSQL server of the benchmark: the simple query protocol, trust authentication, nothing else."""
import socket
import struct


class ServerRefused(Exception):
    """The server answered with an error."""


def literal(text):
    return "'" + str(text).replace("'", "''") + "'"


class Session:
    """One connection. `query` takes one or more statements and returns the rows of all of them, values as text or None."""

    def __init__(self, port, database):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")
        parameters = f"user\0postgres\0database\0{database}\0application_name\0bench\0\0".encode()
        self.socket.sendall(struct.pack("!ii", len(parameters) + 8, 196608) + parameters)
        self._answers()
        self.pid = int(self.query("SELECT pg_backend_pid()")[0][0])

    def query(self, sql):
        body = sql.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
        return self._answers()

    def value(self, sql):
        return self.query(sql)[0][0]

    def close(self):
        self.stream.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _answers(self):
        rows, refused = [], None
        while True:
            head = self.stream.read(5)
            if len(head) < 5:
                raise ServerRefused(refused or "the server closed the connection")
            kind, size = head[:1], struct.unpack("!i", head[1:])[0]
            body = self.stream.read(size - 4)
            if kind == b"D":
                rows.append(_row(body))
            elif kind == b"E":
                refused = _message(body)
            elif kind == b"R" and struct.unpack("!i", body[:4])[0] != 0:
                raise ServerRefused("the server wants a password")
            elif kind == b"Z":
                if refused:
                    raise ServerRefused(refused)
                return rows


def _row(body):
    values, at = [], 2
    for _ in range(struct.unpack("!h", body[:2])[0]):
        size = struct.unpack("!i", body[at : at + 4])[0]
        at += 4
        values.append(None if size < 0 else body[at : at + size].decode())
        at += max(size, 0)
    return values


def _message(body):
    fields = {part[:1]: part[1:].decode() for part in body.split(b"\0") if part}
    return f"{fields.get(b'C')}: {fields.get(b'M')}"
