"""Throw-away PostgreSQL servers: made in a temporary folder, on a free port of 127.0.0.1, gone when the harness ends."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from measure import Failed, die_with_parent, tail
from session import ServerRefused, Session

# The same for every contender. Durable as a user's servers are; no autovacuum and no checkpoint by time, so that neither
# falls into one contender's run and not into the other's; a subscription that is enabled again does not idle for 5 s.
SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "wal_level": "logical",
    "fsync": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "32GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "wal_retrieve_retry_interval": "100ms",
    "max_replication_slots": "20",
    "max_wal_senders": "20",
    "max_worker_processes": "16",
}
START_S = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def owner():
    """Who runs the servers: PostgreSQL refuses root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


class Server:
    """One server. `start` it inside of a try whose finally calls `stop`."""

    def __init__(self, folder, binaries):
        self.folder, self.binaries = pathlib.Path(folder), pathlib.Path(binaries)
        self.port, self.process, self.sessions = None, None, {}

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        self.folder.mkdir(mode=0o755)
        data, self.log = self.folder / "data", self.folder / "log"
        data.mkdir(mode=0o700)
        if owner():
            for path in (self.folder, data):
                shutil.chown(path, "postgres", "postgres")
        initdb = [self.binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
        made = subprocess.run(initdb, capture_output=True, text=True, cwd="/", check=False, **owner())
        if made.returncode != 0:
            raise Failed(f"initdb: {made.stderr}")
        self.port = free_port()
        with open(data / "postgresql.conf", "a", encoding="ascii") as file:
            file.writelines(f"{key} = {value}\n" for key, value in {**SETTINGS, "port": self.port}.items())
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.binaries / "postgres", "-D", data], stdout=log, stderr=log, cwd="/",
                                            preexec_fn=die_with_parent(signal.SIGQUIT), start_new_session=True, **owner())
        self._await_ready()

    def _await_ready(self):
        deadline = time.monotonic() + START_S
        while True:
            try:
                self.session("postgres")
                return
            except (OSError, ServerRefused):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Failed(f"the server did not start:\n{tail(self.log)}") from None
                time.sleep(0.1)

    def stop(self):
        """Immediate: nobody reads its files again."""
        for session in self.sessions.values():
            session.close()
        self.sessions = {}
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def session(self, database):
        """The harness's session of that database, one for each, so that its CPU time can be told apart."""
        if database not in self.sessions:
            self.sessions[database] = Session(self.port, database)
        return self.sessions[database]

    def connection(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name):
        self.session("postgres").query(f'CREATE DATABASE "{name}"')

    def drop_database(self, name):
        if name in self.sessions:
            self.sessions.pop(name).close()
        self.session("postgres").query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def checkpoint(self):
        self.session("postgres").query("CHECKPOINT")
