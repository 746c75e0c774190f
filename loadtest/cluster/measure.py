#!/usr/bin/env python3
"""What a cluster reaches on one machine: three log servers and three nodes, beside one node by itself.

    measure.py LAURELD NATS_SERVER LAUREL_LOAD [--runs 3] [--seconds 6] [--moves 100] [--directory /tmp/laurel-cluster-figures]

- **idle**: one durable write at a time over HTTP, 50 a second, to the board's owner in a cluster that does nothing else, and to a node by
  itself.
- **updates**: pipelines of 500 durable ZADDs on 16 connections to each of three nodes, 96 boards over 64 shards.
- **forwarding**: one board; its owner is asked directly, and through a node that owns nothing (weight 0), in turns. Then again with the
  owner on a core of its own, and the other node with the load on another, as if each node had a machine.
- **handover**: one shard, moved from node to node, while four clients write to it without a pause by way of all nodes. The gap of a
  move is the longest time in which nothing was acknowledged.

Everything shares the machine's cores and its one disk, load included. Medians of the runs. Prints a Markdown table.
"""

import argparse
import http.client
import json
import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ALL_CORES = os.sched_getaffinity(0)
sys.path.insert(0, os.path.join(HERE, "..", "http"))
from compare import free_port, wait_until_up  # noqa: E402

SCENARIO = """
name: {name}
about: a row of the cluster's figures
boards: {boards}
members: 10000
preload: {preload}
mix: {mix}
arrivals: {arrivals}
connections: {connections}
pipeline: {pipeline}
duration: {seconds}
"""


class Cluster:
    """Started by cluster/launch.py, which says when it is ready."""

    def __init__(self, options, nodes, weights="", shards=64):
        self.directory = os.path.join(options.directory, "cluster")
        shutil.rmtree(self.directory, ignore_errors=True)
        self.http, self.redis = self.free_run(nodes), self.free_run(nodes)
        command = [
            sys.executable, os.path.join(HERE, "..", "..", "cluster", "launch.py"), options.laureld, options.nats_server,
            "--nodes", str(nodes), "--directory", self.directory, "--http", str(self.http), "--redis", str(self.redis),
            "--admin", str(free_port()), "--shards", str(shards)]
        self.admin = int(command[command.index("--admin") + 1])
        if weights:
            command += ["--weights", weights]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line)
            if "is ready" in line:
                break
        else:
            raise SystemExit("the cluster did not start, see " + self.directory + "/logs")
        self.key = os.path.join(self.directory, "node-1", "admin.key")
        with open(os.path.join(self.directory, "node-1", "operator.key")) as file:
            self.token = file.read().strip()
        self.wait_until("every shard is where it should be", lambda: all(
            shard["state"] == "owned" and shard["owner"] == shard["target"] for shard in self.ask("GET", "shards")["items"]))

    def ask(self, method, path, body=None):
        """An answer of the admin API; None if it can't give one yet."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=30)
        connection.request(method, "/admin/v1/" + path, body=json.dumps(body) if body is not None else None,
                           headers={"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)

    @staticmethod
    def wait_until(what, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise SystemExit(f"it never happened that {what}")
            time.sleep(0.02)

    @staticmethod
    def free_run(count):
        """The first of so many neighbouring ports that nobody listens on."""
        import socket
        for _ in range(100):
            first = free_port()
            try:
                probes = []
                for port in range(first, first + count):
                    probe = socket.socket()
                    probes.append(probe)
                    probe.bind(("127.0.0.1", port))
                return first
            except OSError:
                pass
            finally:
                for probe in probes:
                    probe.close()
        raise SystemExit("no ports are free")

    def pin(self):
        """Gives the first node a core of its own, and the second another with the load. False on a machine with one."""
        cores = sorted(ALL_CORES)
        if len(cores) < 2:
            return False
        for index in (0, 1):
            (line,) = (line for line in self.lines if line.startswith(f"node-{index + 1}:"))
            for thread in os.listdir(f"/proc/{int(line.rsplit('pid ', 1)[1])}/task"):
                os.sched_setaffinity(int(thread), {cores[index]})
        os.sched_setaffinity(0, {cores[1]})
        return True

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Node:
    """One by itself."""

    def __init__(self, options):
        self.directory = os.path.join(options.directory, "node")
        shutil.rmtree(self.directory, ignore_errors=True)
        self.http, self.redis = free_port(), free_port()
        self.process = subprocess.Popen(
            [options.laureld, "--data-dir", self.directory, "--http", f"127.0.0.1:{self.http}", "--redis",
             f"127.0.0.1:{self.redis}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until_up(self.http, "/readyz")
        self.key = os.path.join(self.directory, "admin.key")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


class Load:
    """Runs of laurel-load."""

    def __init__(self, options):
        self.options = options
        self.number = 0

    def start(self, target, key, name, prepared=False, **scenario):
        self.number += 1
        path = os.path.join(self.options.directory, f"run-{self.number}")
        with open(path + ".yaml", "w") as file:
            values = {"name": name, "boards": 1, "mix": "{update: 1}", "arrivals": "closed", "connections": 1,
                      "preload": 0, "pipeline": 1, "seconds": self.options.seconds, **scenario}
            file.write(SCENARIO.format(**values) + (f"rate: {scenario['rate']}\n" if "rate" in scenario else ""))
        command = [self.options.laurel_load, "run", path + ".yaml", "--target", target, "--key", "@" + key, "--report", path]
        if prepared:
            command.append("--skip-preparation")
        return path, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    @staticmethod
    def result(started):
        path, process = started
        _, errors = process.communicate(timeout=300)
        if process.returncode != 0:
            raise SystemExit(errors)
        with open(path + ".json") as file:
            report = json.load(file)
        result = report.get("result", report)
        if result["all"]["failed"]:
            raise SystemExit(f"{path}: {result['all']['failed']} failed: {result['errors']}")
        return result

    def run(self, *arguments, **scenario):
        return self.result(self.start(*arguments, **scenario))


def idle(place, load, name, nodes=1):
    """Microseconds of one write at a time, half of them and 99 of 100: at the board's owner, which is the fastest of the nodes."""
    results = [load.run(f"http://127.0.0.1:{place.http + index}", place.key, name, arrivals="constant", rate=50)
               for index in range(nodes)]
    return min((result["all"]["latency"]["p50"], result["all"]["latency"]["p99"]) for result in results)


def updates(places, load, name):
    """Updates a second to several nodes at once. Places: of Redis listeners, with their key."""
    shape = {"boards": 96, "connections": 16, "pipeline": 500}
    started = [load.start(f"redis://127.0.0.1:{port}", key, name, **shape) for port, key in places]
    return sum(load.result(one)["all"]["perSecond"] for one in started)


def place_figures(place, load, options, nodes):
    """Medians of one node, or of the cluster."""
    figures = {}
    if options.only != "updates":
        runs = [idle(place, load, "idle", nodes) for _ in range(options.runs)]
        for index, name in enumerate(("p50", "p99")):
            figures[f"a durable write at a time, {name}, ms"] = statistics.median(run[index] for run in runs) / 1000
    if options.only != "idle":
        doors = [(place.redis + index, place.key) for index in range(nodes)]
        figures["durable updates a second, pipelines"] = statistics.median(
            updates(doors, load, "updates") for _ in range(options.runs))
    return figures


def forwarding(cluster, load, runs):
    """For each kind of load: requests a second at the owner, and through a node that owns nothing."""
    # The members that the first reads find are there for the others.
    kinds = {
        "HTTP, one write at a time on each of 64 connections": ("http", {"connections": 64}),
        "HTTP, one read at a time on each of 64 connections": ("http", {"connections": 64, "mix": "{rank: 1}", "preload": 10000}),
        "Redis, pipelines of 500 writes on 8 connections": ("redis", {"connections": 8, "pipeline": 500}),
        "Redis, pipelines of 64 reads on 8 connections": ("redis", {"connections": 8, "pipeline": 64, "mix": "{rank: 1}"}),
    }
    rows = {}
    for kind, (wire, scenario) in kinds.items():
        turns = ([], [])
        for _ in range(runs):
            for index, rates in enumerate(turns):
                port = (cluster.http if wire == "http" else cluster.redis) + index
                result = load.run(f"{wire}://127.0.0.1:{port}", cluster.key, "forwarding", **scenario)
                rates.append(result["all"]["perSecond"])
        rows[kind] = [statistics.median(rates) for rates in turns]
    return rows


class Writers:
    """Clients that write to one leaderboard, one request after the other, each by way of another node."""

    def __init__(self, cluster, ports, board):
        with open(cluster.key) as file:
            self.headers = {"X-Api-Key": file.read().strip(), "Content-Type": "application/json"}
        self.board, self.is_over, self.ends, self.problems = board, False, [], []
        self.send(http.client.HTTPConnection("127.0.0.1", ports[0], timeout=30), "/v1/leaderboards", {
            "id": board, "columns": [{"name": "points", "type": "integer", "operator": "sum"}]})
        self.threads = [threading.Thread(target=self.write, args=(port, number)) for number, port in enumerate(ports)]
        for thread in self.threads:
            thread.start()

    def send(self, connection, path, body):
        connection.request("POST", path, body=json.dumps(body), headers=self.headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            self.problems.append(f"{answer.status} {text.decode()}")
        return answer.status < 300

    def write(self, port, number):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not self.is_over:
            if self.send(connection, "/v1/scores/update", {"leaderboard": self.board, "user": f"u{number}", "score": 1}):
                self.ends.append(time.monotonic())

    def longest_gap(self, since):
        """Milliseconds."""
        ends = sorted(end for end in self.ends if end >= since)
        return max((later - end for end, later in zip(ends, ends[1:])), default=0) * 1000

    def stop(self):
        self.is_over = True
        for thread in self.threads:
            thread.join()


def hand_overs(cluster, count):
    """For each move, and for each pause between two: the longest time in which nothing was acknowledged."""
    writers = Writers(cluster, [cluster.http + number % 3 for number in range(4)], "handover")
    nodes = [node["id"] for node in cluster.ask("GET", "nodes")["items"]]
    moved, quiet = [], []
    try:
        for number in range(count):
            began = time.monotonic()
            time.sleep(0.5)
            quiet.append(writers.longest_gap(began))
            owner = cluster.ask("GET", "shards/0")["owner"]
            target = nodes[(nodes.index(owner) + 1) % len(nodes)]
            cluster.wait_until("the target follows", lambda: cluster.ask("POST", "shards/0/move", {"to": target})
                               ["orders"][0]["state"] != "preparing")
            began = time.monotonic() - 0.2
            cluster.wait_until("the shard was handed over", lambda: cluster.ask("GET", "shards/0")["owner"] == target)
            time.sleep(0.3)
            moved.append(writers.longest_gap(began))
    finally:
        writers.stop()
    if writers.problems:
        raise SystemExit(f"{len(writers.problems)} writes failed, first with {writers.problems[0]}")
    return moved, quiet


def quantile(values, part):
    """The least that so large a part is not above."""
    return sorted(values)[math.ceil(part * len(values)) - 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("laureld")
    parser.add_argument("nats_server")
    parser.add_argument("laurel_load")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--directory", default="/tmp/laurel-cluster-figures")
    parser.add_argument("--moves", type=int, default=100)
    parser.add_argument("--only", choices=["idle", "updates", "forwarding", "handover"])
    options = parser.parse_args()
    for name in ("laureld", "nats_server", "laurel_load"):
        setattr(options, name, os.path.abspath(getattr(options, name)))
    shutil.rmtree(options.directory, ignore_errors=True)
    os.makedirs(options.directory)
    load = Load(options)
    if options.only in (None, "idle", "updates"):
        # One after the other: what a node does behind a load, such as checkpoints, must not take from the next one.
        figures = []
        for place, nodes in ((Node, 1), (Cluster, 3)):
            place = place(options, *([nodes] if nodes > 1 else []))
            try:
                figures.append(place_figures(place, load, options, nodes))
            finally:
                place.stop()
        print("| figure | a node by itself | the cluster | ratio |\n|---|---|---|---|")
        for name in figures[0]:
            one, many = (figure[name] for figure in figures)
            digits = 0 if one > 1000 else 2
            print(f"| {name} | {one:,.{digits}f} | {many:,.{digits}f} | {many / one:.2f} |", flush=True)
    if options.only in (None, "forwarding"):
        for pinned in (False, True):
            cluster = Cluster(options, 2, weights="100,0")
            try:
                if pinned:
                    if not cluster.pin():
                        continue
                    print("\nThe owner has a core, the other node and the load have one:")
                print("\n| requests a second | at the owner | through another node | ratio |\n|---|---|---|---|")
                for kind, (owner, other) in forwarding(cluster, load, options.runs).items():
                    print(f"| {kind} | {owner:,.0f} | {other:,.0f} | {other / owner:.2f} |", flush=True)
            finally:
                cluster.stop()
                os.sched_setaffinity(0, ALL_CORES)
    if options.only in (None, "handover"):
        cluster = Cluster(options, 3, shards=1)
        try:
            moved, quiet = hand_overs(cluster, options.moves)
            print("\n| longest time without an acknowledged write | p50 | p99 | max |\n|---|---|---|---|")
            for name, gaps in ((f"around each of {len(moved)} hand-overs", moved), ("half a second without one", quiet)):
                print(f"| {name} | {quantile(gaps, 0.5):.0f} ms | {quantile(gaps, 0.99):.0f} ms | {max(gaps):.0f} ms |", flush=True)
        finally:
            cluster.stop()
    shutil.rmtree(options.directory, ignore_errors=True)


if __name__ == "__main__":
    main()
