#!/usr/bin/env python3
"""Looks at what one region mirrors of another, and promotes it when the other one is lost, or is to be given up.

    regions.py status  --server HOST:PORT --cluster NAME --domain DOMAIN
    regions.py promote --server HOST:PORT --cluster NAME --domain DOMAIN --report FILE [--old-region-is-down]

SERVER is a NATS server of the region that has the mirrors; NAME the cluster whose log they mirror; DOMAIN the JetStream domain that this
one's servers are in. The log's user is LAUREL_CLUSTER_LOG_USER, `laurel` if that is not set, and its password
LAUREL_CLUSTER_LOG_PASSWORD.

`promote` takes these steps, each after the one before has succeeded, and stops with a reason otherwise. It can be run again.

 1. Every mirror is there, whole, and has a leader.
 2. The old region is fenced: its streams are sealed, after which no server of it acknowledges any record, whoever sends it. If it can't
    be reached, you must say --old-region-is-down, and answer for it: what it acknowledges from then on is lost.
 3. The mirrors take over what they lack. If the old region can't be reached, what they lack is lost, and how much is not known.
 4. FILE is written: the last record of each shard, number and hash, and the loss window.
 5. The connection to the old region's servers must be cut (the leafnode remotes of these servers): while it is there, what is appended
    here goes there as well. The tool waits for it.
 6. The mirrors become streams that take appends.

Then nodes of cluster NAME are started on these servers, and the regions' files get the next epoch: docs/operating/regions.md. There is
no TLS here; run it on a machine of the servers.
"""

import argparse
import hashlib
import json
import os
import socket
import struct
import sys
import time


class Problem(Exception):
    pass


class Connection:
    """Requests to a NATS server, one at a time."""

    def __init__(self, address, user, password):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host or "127.0.0.1", int(port)), timeout=10)
        self.file = self.socket.makefile("rb")
        info = json.loads(self.file.readline().split(b" ", 1)[1])
        if info.get("tls_required"):
            raise Problem("the server wants TLS")
        self.inbox = "_INBOX." + os.urandom(12).hex()
        self.count = 0
        options = {"user": user, "pass": password, "verbose": False, "headers": True, "no_responders": True}
        self.send(f"CONNECT {json.dumps(options)}\r\nSUB {self.inbox}.* 1\r\nPING\r\n".encode())
        while True:
            line = self.file.readline().strip()
            if line == b"PONG":
                break
            if line.startswith(b"-ERR") or not line:
                raise Problem(f"the server refuses: {line.decode()}")

    def send(self, data):
        self.socket.sendall(data)

    def parts(self, subject, request, timeout=5.0):
        """Replies with their headers, as they come, until nobody waits for more."""
        self.count += 1
        inbox = f"{self.inbox}.{self.count}"
        payload = json.dumps(request).encode() if request is not None else b""
        self.send(f"PUB {subject} {inbox} {len(payload)}\r\n".encode() + payload + b"\r\n")
        deadline = time.monotonic() + timeout
        while True:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                words = self.file.readline().split()
            except TimeoutError:
                # What was read in part is lost, and with it the place in the stream.
                raise Problem(f"{subject}: no answer")
            if not words:
                raise Problem("the server has closed the connection")
            kind = words[0].upper()
            if kind == b"PING":
                self.send(b"PONG\r\n")
            elif kind == b"-ERR":
                raise Problem(b" ".join(words).decode())
            elif kind in (b"MSG", b"HMSG"):
                data = self.file.read(int(words[-1]) + 2)[:-2]
                head = int(words[-2]) if kind == b"HMSG" else 0
                if words[1].decode() == inbox:
                    yield data[:head].decode(), data[head:]

    def ask(self, subject, request=None, timeout=5.0):
        """The answer as JSON; None if nobody is there to give one."""
        for head, data in self.parts(subject, request, timeout):
            if head.startswith("NATS/1.0 503"):
                return None
            answer = json.loads(data)
            if "error" in answer:
                raise Problem(f"{subject}: {answer['error'].get('description')} ({answer['error'].get('err_code')})")
            return answer
        raise Problem(f"{subject}: no answer")


class Mirror:
    def __init__(self, connection, name):
        self.connection = connection
        self.name = name
        self.info()

    def info(self):
        found = self.connection.ask(f"$JS.API.STREAM.INFO.{self.name}")
        if found is None:
            raise Problem("this server has no JetStream")
        if not found.get("cluster", {}).get("leader"):
            raise Problem(f"{self.name} has no leader at the moment")
        self.config, self.last, self.state = found["config"], found["state"]["last_seq"], found.get("mirror")
        self.api = self.config.get("mirror", {}).get("external", {}).get("api")
        return self

    def origin(self):
        """The origin's state; None if it can't be reached."""
        try:
            return self.connection.ask(f"{self.api}.STREAM.INFO.{self.name}", timeout=3)
        except Problem as problem:
            if "no answer" in str(problem):
                raise Unreachable() from None
            raise

    def shards(self, subjects):
        """The last record of each shard: its position, number and chain hash."""
        found = {}
        for head, data in self.connection.parts(f"$JS.API.DIRECT.GET.{self.name}", {"multi_last": [subjects]}, 30):
            if head.startswith("NATS/1.0 204") or head.startswith("NATS/1.0 404"):
                return found
            if not head.startswith("NATS/1.0\r\n"):
                raise Problem(f"{self.name}: {head.strip()}")
            fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            epoch, number = struct.unpack_from("<Q", data, 16)[0], struct.unpack_from("<Q", data, 40)[0]
            hash = hashlib.sha256(data[48:64] + data).digest()
            found[int(fields["Nats-Subject"].rsplit(".", 1)[1])] = {
                "position": int(fields["Nats-Sequence"]), "number": number, "epoch": epoch,
                "hash": (hash[8:16] + hash[:8]).hex()}
        raise Problem(f"{self.name}: no answer")


class Unreachable(Exception):
    pass


def connect(options):
    return Connection(
        options.server, os.environ.get("LAUREL_CLUSTER_LOG_USER", "laurel"),
        os.environ.get("LAUREL_CLUSTER_LOG_PASSWORD", ""))


def mirrors(connection, options):
    names = (connection.ask("$JS.API.STREAM.NAMES") or {}).get("streams") or []
    names = sorted(name for name in names if name.startswith(f"LRL-{options.cluster}-"))
    if not names:
        raise Problem(f"no stream of cluster {options.cluster} is here")
    if names != sorted(f"LRL-{options.cluster}-{number}" for number in range(len(names))):
        raise Problem(f"streams are missing: there are {', '.join(names)}")
    return [Mirror(connection, name) for name in names]


def reach(mirror, options):
    """The origin's state on a connection of its own, for an answer that does not come leaves this one useless."""
    probe = Mirror(connect(options), mirror.name)
    try:
        return probe.origin()
    except Unreachable:
        return None
    finally:
        probe.connection.socket.close()


def status(options):
    connection = connect(options)
    for mirror in mirrors(connection, options):
        if not mirror.api:
            print(f"{mirror.name}: no mirror, takes appends, ends at {mirror.last}")
            continue
        origin = reach(mirror, options)
        end = "can't be reached" if origin is None else f"ends at {origin['state']['last_seq']}"
        if origin and origin["config"].get("sealed"):
            end += ", sealed"
        heard = (mirror.state or {}).get("active", -1)
        ago = "never" if heard < 0 else f"{heard / 1e9:.1f} s ago"
        print(f"{mirror.name}: mirror of {mirror.api}, ends at {mirror.last}, heard of it {ago}; the origin {end}")


def promote(options):
    connection = connect(options)
    all_mirrors = mirrors(connection, options)
    left = [mirror for mirror in all_mirrors if mirror.api]
    if not left:
        print("nothing to do: no stream is a mirror any more")
        return
    for mirror in left:
        if mirror.api.split(".")[1] == options.domain:
            raise Problem(f"{mirror.name} mirrors this very domain")
    say(1, f"{len(left)} of {len(all_mirrors)} streams are mirrors of cluster {options.cluster}")

    report = load(options.report)
    origins = {mirror.name: reach(mirror, options) for mirror in left}
    if any(origin is None for origin in origins.values()):
        if report is None:
            if not options.old_region_is_down:
                raise Problem("the old region can't be reached, so it can't be fenced. If you know that none of its NATS servers "
                              "runs, and none will be started again, say --old-region-is-down")
            say(2, "NOT FENCED: the old region can't be reached, and you say that it is down")
        else:
            say(2, "fenced before, as the report says" if report["fenced"] else "not fenced, as the report says")
    else:
        for mirror in left:
            config = dict(origins[mirror.name]["config"], sealed=True)
            if not origins[mirror.name]["config"].get("sealed"):
                connection.ask(f"{mirror.api}.STREAM.UPDATE.{mirror.name}", config, timeout=10)
            origins[mirror.name] = reach(mirror, options)
            if not (origins[mirror.name] or {}).get("config", {}).get("sealed"):
                raise Problem(f"{mirror.name} of the old region is not sealed: run this again")
        say(2, "fenced: the old region's streams are sealed")
        for mirror in left:
            end = origins[mirror.name]["state"]["last_seq"]
            deadline = time.monotonic() + options.wait_seconds
            while mirror.info().last < end:
                if time.monotonic() > deadline:
                    raise Problem(f"{mirror.name} ends at {mirror.last}, and the old region's at {end}: run this again")
                time.sleep(0.1)
        say(3, "the mirrors have everything")

    if report is None:
        report = {"cluster": options.cluster, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                  "fenced": all(origins.values()), "streams": {}}
        for mirror in left:
            origin = origins[mirror.name]
            heard, lag = (mirror.state or {}).get("active", -1), (mirror.state or {}).get("lag", 0)
            report["streams"][mirror.name] = {
                "last": mirror.info().last,
                "lost_records": origin["state"]["last_seq"] - mirror.last if origin else None,
                # So long ago the mirror last heard of its origin, and had everything. Of what came since, nobody here knows.
                "loss_window_seconds": 0 if origin else (None if heard < 0 or lag > 0 else round(heard / 1e9, 3)),
                "shards": mirror.shards(f"lrl.{options.cluster}.{mirror.name.rsplit('-', 1)[1]}.*")}
        save(options.report, report)
    for name, stream in report["streams"].items():
        window = stream["loss_window_seconds"]
        loss = "nothing is lost" if window == 0 else f"what was acknowledged in the last {window} s is lost"
        say(4, f"{name} ends at {stream['last']}: {loss if window is not None else 'how much is lost is not known'}")

    say(5, "waiting for the connection to the old region's servers to be cut")
    deadline = time.monotonic() + options.wait_seconds
    while any(reach(mirror, options) is not None for mirror in left):
        if time.monotonic() > deadline:
            raise Problem("the old region can still be reached: take the leafnode remotes out of these servers' configuration, "
                          "and run this again")
        time.sleep(0.2)

    for mirror in left:
        config = {name: value for name, value in mirror.info().config.items() if name not in ("mirror", "metadata")}
        if mirror.last < report["streams"][mirror.name]["last"]:
            raise Problem(f"{mirror.name} ends before what the report says")
        config["subjects"] = [f"lrl.{options.cluster}.{mirror.name.rsplit('-', 1)[1]}.*"]
        config["duplicate_window"] = 120_000_000_000
        connection.ask(f"$JS.API.STREAM.UPDATE.{mirror.name}", config, timeout=10)
    say(6, f"promoted: start nodes of cluster {options.cluster} here, with the next epoch in all regions' files")


def say(step, text):
    print(f"{step}. {text}", flush=True)


def load(path):
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return json.load(file)


def save(path, report):
    with open(path + ".new", "w") as file:
        json.dump(report, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("act", choices=["status", "promote"])
    parser.add_argument("--server", required=True)
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--domain", required=True)
    parser.add_argument("--report")
    parser.add_argument("--old-region-is-down", action="store_true")
    parser.add_argument("--wait-seconds", type=float, default=300)
    options = parser.parse_args()
    if options.act == "promote" and not options.report:
        parser.error("promote: --report is needed")
    try:
        {"status": status, "promote": promote}[options.act](options)
    except (Problem, OSError) as problem:
        sys.exit(f"regions.py: {problem}")


if __name__ == "__main__":
    main()
