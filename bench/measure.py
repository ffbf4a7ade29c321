"""Runs a contender's processes and measures them from outside: wall time, CPU time, peak of resident memory."""
import ctypes
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass

SAMPLE_S = 0.05
STOP_S = 30
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """The benchmark can't give a result: something failed, took too long, or the contents differ."""


@dataclass
class Cost:
    """What one run of a contender took. CPU of the servers is of all their processes but the harness's own sessions."""

    wall_s: float = 0.0
    own_cpu_s: float = 0.0
    server_cpu_s: float = 0.0
    peak_kib: int = 0


def die_with_parent(stop_signal=signal.SIGKILL):
    """For preexec_fn: the child ends when this process does, even by SIGKILL."""

    def prepare():
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, stop_signal)

    return prepare


def status_kib(pid, key):
    """A memory figure of /proc/PID/status; 0 when the process is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith(key + ":"):
                    return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def _stat(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        return stat.read().rsplit(")", 1)[1].split()


def cpu_s(pid, with_reaped=False):
    """User and system time of a process, with that of its children that have ended if asked; 0 when it is gone."""
    try:
        fields = _stat(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11 : 15 if with_reaped else 13])) / CLOCK_TICKS


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as listed:
            return [int(child) for child in listed.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class ServerClock:
    """CPU time that the servers' processes spend from its making on."""

    def __init__(self, servers, sessions):
        self.servers, self.sessions = servers, sessions
        self.begin = self._now()

    def spent_s(self):
        return self._now() - self.begin

    def _now(self):
        total = 0.0
        for server in self.servers:
            total += cpu_s(server.pid, with_reaped=True) + sum(map(cpu_s, children(server.pid)))
        return total - sum(cpu_s(session.pid) for session in self.sessions)


class Child:
    """A process of a contender. Its stderr goes into `log`, its stdout too unless given."""

    def __init__(self, command, log, **options):
        self.command, self.log = [str(word) for word in command], log
        with open(log, "ab") as out:
            options = {"stdout": out, "stdin": subprocess.DEVNULL, **options}
            self.process = subprocess.Popen(self.command, stderr=out, preexec_fn=die_with_parent(), **options)
        self.pid = self.process.pid
        self.descriptor = os.pidfd_open(self.pid)
        self.peak_kib, self.cpu_s, self.exit_code = 0, 0.0, None

    def poll(self, timeout_s=0.0):
        """Waits at most that long for its end; samples memory, which only grows, until then."""
        if self.exit_code is not None:
            return True
        self.peak_kib = max(self.peak_kib, status_kib(self.pid, "VmHWM"))
        if not select.select([self.descriptor], [], [], timeout_s)[0]:
            return False
        _, status, usage = os.wait4(self.pid, 0)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.exit_code = self.process.returncode = os.waitstatus_to_exitcode(status)
        os.close(self.descriptor)
        return True

    def stop(self, stop_signal=signal.SIGTERM):
        """Ends it, by force after a while."""
        for send, patience_s in ((stop_signal, STOP_S), (signal.SIGKILL, STOP_S)):
            if self.poll():
                return
            self.process.send_signal(send)
            self.poll(patience_s)

    def check(self):
        if self.exit_code != 0:
            raise Failed(f"exit code {self.exit_code}: {' '.join(self.command)}\n{tail(self.log)}")


def tail(log, lines=15):
    with open(log, encoding="utf-8", errors="replace") as text:
        return "".join(text.readlines()[-lines:])


def run_all(start, limit_s):
    """Calls `start`, which returns children, and waits for them. Memory is the sum of their peaks."""
    begin, family = time.monotonic(), []
    try:
        family = start()
        running = list(family)
        while running:
            running = [child for child in running if not child.poll(SAMPLE_S / len(running))]
            if time.monotonic() - begin > limit_s:
                raise Failed(f"not done after {limit_s} s: {' '.join(family[0].command)}\n{tail(family[0].log)}")
        wall_s = time.monotonic() - begin
    finally:
        for child in family:
            child.stop()
    for child in family:
        child.check()
    return Cost(wall_s, sum(c.cpu_s for c in family), 0.0, sum(c.peak_kib for c in family))
