#!/usr/bin/env python3
"""What a cluster reaches on one machine: three log servers and three nodes, beside one node by itself.

    measure.py LAURELD NATS_SERVER LAUREL_LOAD [--runs 3] [--seconds 6] [--directory /tmp/laurel-cluster-figures]

- **idle**: one durable write at a time over HTTP, 50 a second, to a cluster that does nothing else and to a node by itself.
- **updates**: pipelines of 64 durable ZADDs on 8 connections to each of three nodes, 96 boards over 64 shards.
- **forwarding**: one board; its owner is asked directly, and through a node that owns nothing (weight 0), in turns.

Everything shares the machine's cores and its one disk, load included. Medians of the runs. Prints a Markdown table.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "http"))
from compare import free_port, wait_until_up  # noqa: E402

SCENARIO = """
name: {name}
about: a row of the cluster's figures
boards: {boards}
members: 10000
mix: {mix}
arrivals: {arrivals}
connections: {connections}
pipeline: {pipeline}
duration: {seconds}
"""


class Cluster:
    """Started by cluster/launch.py, which says when it is ready."""

    def __init__(self, options, nodes, weights=""):
        self.directory = os.path.join(options.directory, "cluster")
        shutil.rmtree(self.directory, ignore_errors=True)
        self.http, self.redis = self.free_run(nodes), self.free_run(nodes)
        command = [
            sys.executable, os.path.join(HERE, "..", "..", "cluster", "launch.py"), options.laureld, options.nats_server,
            "--nodes", str(nodes), "--directory", self.directory, "--http", str(self.http), "--redis", str(self.redis),
            "--admin", str(free_port())]
        if weights:
            command += ["--weights", weights]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "is ready" in line:
                break
        else:
            raise SystemExit("the cluster did not start, see " + self.directory + "/logs")
        self.key = os.path.join(self.directory, "node-1", "admin.key")

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
                      "pipeline": 1, "seconds": self.options.seconds, **scenario}
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


def idle(place, load, name):
    """Microseconds of one write at a time: half of them, and 99 of 100."""
    result = load.run(f"http://127.0.0.1:{place.http}", place.key, name, arrivals="constant", rate=50)
    return result["all"]["latency"]["p50"], result["all"]["latency"]["p99"]


def updates(places, load, name):
    """Updates a second to several nodes at once. Places: of Redis listeners, with their key."""
    shape = {"boards": 96, "connections": 16, "pipeline": 500}
    started = [load.start(f"redis://127.0.0.1:{port}", key, name, **shape) for port, key in places]
    return sum(load.result(one)["all"]["perSecond"] for one in started)


def forwarding(cluster, load, runs):
    """For each kind of load: requests a second at the owner, and through a node that owns nothing."""
    kinds = {
        "HTTP, one write at a time on each of 64 connections": ("http", {"connections": 64}),
        "HTTP, one read at a time on each of 64 connections": ("http", {"connections": 64, "mix": "{rank: 1}"}),
        "Redis, pipelines of 64 writes on 8 connections": ("redis", {"connections": 16, "pipeline": 500}),
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("laureld")
    parser.add_argument("nats_server")
    parser.add_argument("laurel_load")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--directory", default="/tmp/laurel-cluster-figures")
    parser.add_argument("--only", choices=["idle", "updates", "forwarding"])
    options = parser.parse_args()
    for name in ("laureld", "nats_server", "laurel_load"):
        setattr(options, name, os.path.abspath(getattr(options, name)))
    shutil.rmtree(options.directory, ignore_errors=True)
    os.makedirs(options.directory)
    load = Load(options)
    print("| figure | a node by itself | the cluster | ratio |\n|---|---|---|---|")
    if options.only != "forwarding":
        node = Node(options)
        cluster = Cluster(options, 3)
        try:
            if options.only != "updates":
                alone = [idle(node, load, "idle") for _ in range(options.runs)]
                shared = [idle(cluster, load, "idle") for _ in range(options.runs)]
                for index, name in enumerate(("p50", "p99")):
                    one, many = (statistics.median(run[index] for run in runs) / 1000 for runs in (alone, shared))
                    print(f"| a durable write at a time, {name} | {one:.2f} ms | {many:.2f} ms | {many / one:.2f} |", flush=True)
            if options.only != "idle":
                one = statistics.median(
                    updates([(node.redis, node.key)], load, "one") for _ in range(options.runs))
                many = statistics.median(
                    updates([(cluster.redis + index, cluster.key) for index in range(3)], load, "three")
                    for _ in range(options.runs))
                print(f"| durable updates a second, pipelines | {one:,.0f} | {many:,.0f} | {many / one:.2f} |", flush=True)
        finally:
            node.stop()
            cluster.stop()
    if options.only in (None, "forwarding"):
        cluster = Cluster(options, 2, weights="100,0")
        try:
            print("\n| requests a second | at the owner | through another node | ratio |\n|---|---|---|---|")
            for kind, (owner, other) in forwarding(cluster, load, options.runs).items():
                print(f"| {kind} | {owner:,.0f} | {other:,.0f} | {other / owner:.2f} |", flush=True)
        finally:
            cluster.stop()
    shutil.rmtree(options.directory, ignore_errors=True)


if __name__ == "__main__":
    main()
