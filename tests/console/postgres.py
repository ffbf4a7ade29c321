"""PostgreSQL servers for a test; the servers refuse to run as root, then they run as user postgres."""
import os
import pathlib
import signal
import socket
import subprocess
import time

AS_SERVER = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def newest_server():
    chosen = os.environ.get("WALFERRY_PG_BIN")
    return pathlib.Path(chosen) if chosen else max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"),
                                                   key=lambda path: int(path.parent.name))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, folder):
        """`folder` must not exist yet; it is the caller's to remove."""
        self.data, self.bin, self.port = folder, newest_server(), free_port()
        folder.mkdir()
        if AS_SERVER:
            subprocess.run(["chown", "postgres", folder], check=True)
        subprocess.run([self.bin / "initdb", "-D", folder, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                        "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd="/", **AS_SERVER)
        self.start()

    def start(self):
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off",
                    "wal_level": "logical", "shared_buffers": "32MB"}
        arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        with open(self.data.with_suffix(".log"), "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([self.bin / "postgres", "-D", self.data, *arguments], cwd="/", stdout=log,
                                            stderr=log, **AS_SERVER)
        end = time.monotonic() + 60
        while subprocess.run([self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", f"{self.port}"], check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL does not start: {self.data.with_suffix('.log').read_text()}")
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)

    def conninfo(self, database, user="postgres"):
        return f"host=127.0.0.1 port={self.port} user={user} dbname={database}"

    def sql(self, statements, database="shop", user="postgres"):
        """The rows' text, a line each."""
        done = subprocess.run([self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.conninfo(database, user), "-c",
                               statements], check=False, capture_output=True, text=True,
                              env=os.environ | {"PGOPTIONS": "-c statement_timeout=30s"})
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.rstrip("\n")

    def session(self, statements, database="shop"):
        """A psql that has carried these out, and stays until its stdin is closed."""
        psql = subprocess.Popen([self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.conninfo(database)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        psql.stdin.write(f"{statements};\n\\echo ready\n")
        psql.stdin.flush()
        if psql.stdout.readline() != "ready\n":
            raise RuntimeError(f"psql ended: {statements}")
        return psql
