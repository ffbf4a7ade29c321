"""A PostgreSQL server and walferry services of a test's own, for tests in Python. Standard library only.

    with Stand("build/release/service/walferry") as stand:
        stand.sql("CREATE TABLE t (id integer PRIMARY KEY)")     # in its database `shop`
        service = stand.service(token="secret")                  # runs, and streams
        service.request("GET", "/api/v1/status")
"""
import ctypes
import glob
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time


def newest_server():
    chosen = os.environ.get("WALFERRY_PG_BIN")
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[4]))
    return pathlib.Path(chosen or found[-1])


def free_port():
    """Below the range that the kernel gives to outgoing connections, so that none of those takes it meanwhile."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def eventually(condition, seconds=60):
    """Whether it held before the time was over."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def start(command, log, as_server=False):
    """A process that does not outlive this one. Servers refuse root: they run as user postgres then."""
    other = {"user": "postgres", "group": "postgres", "extra_groups": []} if as_server and os.geteuid() == 0 else {}
    prctl = ctypes.CDLL(None).prctl
    with open(log, "ab") as output:
        return subprocess.Popen([str(word) for word in command], stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd="/",
                                preexec_fn=lambda: prctl(1, signal.SIGKILL), **other)


def end(process, how=signal.SIGTERM, seconds=30):
    """The exit code; after the time, SIGKILL."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


class Stand:
    def __init__(self, binary):
        self.binary = pathlib.Path(binary).resolve()
        self.bin = newest_server()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="walferry-stand-"))
        self.folder.chmod(0o711)
        self.services = []
        self.server = None
        try:
            self._start_server()
            self.sql("CREATE DATABASE shop", "postgres")
            self.sql("CREATE ROLE loader LOGIN", "postgres")
            self.sql("CREATE DATABASE warehouse OWNER loader", "postgres")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _start_server(self):
        data = self.folder / "pg"
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(data, "postgres", "postgres")
        self.port = free_port()
        log = self.folder / "server.log"
        made = start([self.bin / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"], log, True)
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "wal_level": "logical",
                    "fsync": "off", "shared_buffers": "64MB", "max_wal_size": "512MB"}
        if made.wait() == 0:
            words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
            self.server = start([self.bin / "postgres", "-D", data, *words], log, True)
        probe = [self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        if not self.server or not eventually(lambda: self.server.poll() is not None or subprocess.run(probe).returncode == 0) \
                or self.server.poll() is not None:
            raise RuntimeError("PostgreSQL does not start:\n" + (self.folder / "server.log").read_text(errors="replace"))

    def url(self, database="shop", user="postgres"):
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def sql(self, statements, database="shop"):
        """What it prints, values only."""
        asked = subprocess.run([self.bin / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.url(database), "-f", "-"],
                               input=statements, capture_output=True, text=True)
        if asked.returncode != 0:
            raise RuntimeError(asked.stderr)
        return asked.stdout.strip()

    def service(self, **options):
        """See Service. Waits until it streams."""
        service = Service(self, **options)
        self.services.append(service)
        if not eventually(service.streams):
            raise RuntimeError("walferry does not stream:\n" + service.log())
        return service

    def command(self, *words, **options):
        return subprocess.run([self.binary, *map(str, words)], capture_output=True, text=True, timeout=120, **options)

    def close(self):
        for service in self.services:
            service.stop()
        if self.server:
            end(self.server, signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)


class Service:
    """`walferry run` from database shop into a DuckDB file, or into database warehouse, whose owner is `loader`."""

    def __init__(self, stand, name="shop", tables='  - match: "*.*"\n    mode: upsert\n', token="", postgres=False, http="", more=""):
        self.stand, self.token = stand, token
        self.port = free_port()
        self.config = stand.folder / f"{name}.yaml"
        self.duckdb = stand.folder / f"{name}.duckdb"
        warehouse = f"postgres: {{ connection: \"{stand.url('warehouse', 'loader')}\" }}" if postgres else \
            f"duckdb: {{ path: {self.duckdb}, memory_limit: 256MiB, threads: 2 }}"
        self.config.write_text(
            f"pipeline: {name}\nsource:\n  postgres: {{ connection: \"{stand.url()}\" }}\nwarehouse:\n  {warehouse}\n"
            f"tables:\n{tables}http: {{ listen: 127.0.0.1:{self.port}, token: \"{token}\"{http} }}\n{more}")
        self.log_path = stand.folder / f"{name}.log"
        self.start()

    def start(self):
        self.process = start([self.stand.binary, "run", self.config], self.log_path)

    def stop(self):
        return end(self.process)

    def request(self, method, path, body=None, headers=(), timeout=30):
        """Status, headers, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = {"Authorization": "Bearer " + self.token} if self.token else {}
            if body is not None:
                sent["Content-Type"] = "application/json"
            connection.request(method, path, body if body is None or isinstance(body, (bytes, str)) else json.dumps(body),
                               sent | dict(headers))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def status(self):
        """None while nobody answers."""
        try:
            code, _, body = self.request("GET", "/api/v1/status")
        except OSError:
            return None
        return json.loads(body) if code == 200 else None

    def streams(self):
        if self.process.poll() is not None:
            raise RuntimeError("walferry has ended:\n" + self.log())
        status = self.status()
        return bool(status) and status["state"] == "streaming" and \
            all(table["state"] in ("streaming", "excluded") for table in status["tables"])

    def rss_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def log(self):
        return self.log_path.read_text(errors="replace")
