#!/usr/bin/env python3
"""What limits cost who keeps to them, and what one tenant's flood costs another.

    tenants.py LAURELD LAUREL LAUREL_LOAD [--runs 5] [--seconds 4] [--directory /tmp/laurel-tenants]

First: single durable updates with a key and nothing else, and with rates of project, key and address, an address list, and
the request filter refusing; `wrk -t1 -c128`, in turns, medians. The same with names that the filter has to look at, and
without it. Then: the p99 of a tenant at a steady 500 requests/s, alone, beside one that sends its own limit of 1000
requests/s, and beside one that sends ten times as many, in turns. Client and server share the machine's cores. Prints a
Markdown table.
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import time

from compare import free_port, wait_until_up, wrk

STEADY = """
name: {name}
about: one tenant
boards: 1
members: 10000
preload: 10000
mix: {{update: 60, rank: 30, top: 10}}
arrivals: poisson
rate: {rate}
connections: {connections}
duration: {seconds}
"""


class Node:
    """A running laureld, and the command that administers it."""

    def __init__(self, options):
        self.options = options
        shutil.rmtree(options.directory, ignore_errors=True)
        os.makedirs(options.directory)
        self.port, admin = free_port(), free_port()
        data = os.path.join(options.directory, "data")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(
            [options.laureld, "--data-dir", data, "--http", f"127.0.0.1:{self.port}",
             "--admin", f"127.0.0.1:{admin}"], **quiet)
        self.environment = {
            **os.environ, "LAUREL_ADMIN": f"http://127.0.0.1:{admin}",
            "LAUREL_OPERATOR_TOKEN": "@" + os.path.join(data, "operator.key")}
        wait_until_up(self.port, "/readyz")
        wait_until_up(admin, "/")

    def laurel(self, *arguments):
        subprocess.run(
            [self.options.laurel, *arguments], env=self.environment, cwd=self.options.directory, check=True,
            stdout=subprocess.DEVNULL)

    def project(self, name):
        """Makes a tenant with one project. Answers the file that its key is in."""
        self.laurel("tenants", "create", "--id", name, "--name", name, "--plan", "unlimited")
        self.laurel("projects", "create", "--tenant", name, "--id", name, "--name", name)
        file = os.path.join(self.options.directory, name + ".key")
        self.laurel(
            "keys", "create", "--project", name, "--name", "bench", "--scopes", "read,write,admin", "--key-file", file)
        return file

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.options.directory, ignore_errors=True)


def make_board(port, key):
    column = {"name": "score", "type": "integer", "order": "desc", "operator": "latest"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(
        "POST", "/v1/leaderboards", json.dumps({"id": "bench", "columns": [column]}),
        {"X-Api-Key": key, "Content-Type": "application/json"})
    assert connection.getresponse().status == 201


def by_turns(node, options, keys, prefix):
    """Updates a second with each of two keys."""
    turns = ([], [])
    for _ in range(options.runs):
        for rates, key in zip(turns, keys):
            environment = {"LAUREL_KEY": key, "LAUREL_USERS": "1000000", "LAUREL_PREFIX": prefix}
            rates.append(wrk(node.port, "single.lua", 128, options.seconds, environment))
    return turns


def keyed(node, *projects):
    """Makes a board for each. Answers the keys."""
    keys = [open(file).read().strip() for file in projects]
    for key in keys:
        make_board(node.port, key)
    return keys


def scanning(node, options):
    """Updates a second without the filter, and with it and names of which it has to read every byte."""
    off, on = node.project("off"), node.project("on")
    node.laurel("settings", "set", "off", "filter.mode=off")
    node.laurel("settings", "set", "on", "filter.mode=detect")
    return by_turns(node, options, keyed(node, off, on), "O'Hara & Søn; {the 3rd} = ")


def limits(node, options):
    """Updates a second without and with limits, by turns."""
    plain, full = node.project("plain"), node.project("full")
    node.laurel(
        "limits", "set", "full", "--rate", "1000000/s:1000000", "--key-rate", "1000000/s:1000000", "--address-rate",
        "1000000/s:1000000")
    node.laurel(
        "settings", "set", "full", 'allowed_addresses=["127.0.0.0/8","::1"]', 'denied_addresses=["127.9.9.9"]',
        "filter.mode=block")
    return by_turns(node, options, keyed(node, plain, full), "player-")


def load(node, options, name, key, rate, connections, seconds):
    file = os.path.join(options.directory, name)
    with open(file + ".yaml", "w") as scenario:
        scenario.write(STEADY.format(name=name, rate=rate, connections=connections, seconds=seconds))
    return subprocess.Popen(
        [options.laurel_load, "run", file + ".yaml", "--target", f"http://127.0.0.1:{node.port}", "--key", "@" + key,
         "--report", file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def p99(options):
    report = json.load(open(os.path.join(options.directory, "steady.json")))
    return next(row for row in report["operations"] if row["name"] == "update")["latency"]["p99"] / 1000


def whale(node, options):
    """Milliseconds of the steady tenant's p99: alone, beside the other one at its limit, beside it far beyond that."""
    steady, flood = node.project("steady"), node.project("flood")
    node.laurel("limits", "set", "flood", "--rate", "1000/s:1000")
    turns = ([], [], [])
    for _ in range(options.runs):
        load(node, options, "steady", steady, 500, 16, 10).wait()
        turns[0].append(p99(options))
        for rate, figures in zip((1000, 10_000), turns[1:]):
            other = load(node, options, "flood", flood, rate, 64, 16)
            # It enters its members first.
            time.sleep(3)
            load(node, options, "steady", steady, 500, 16, 10).wait()
            assert other.poll() is None, "the flood ended early"
            figures.append(p99(options))
            other.send_signal(signal.SIGINT)
            other.wait()
    return turns


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("laureld")
    parser.add_argument("laurel")
    parser.add_argument("laurel_load")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--directory", default="/tmp/laurel-tenants")
    options = parser.parse_args()
    for program in ("laureld", "laurel", "laurel_load"):
        setattr(options, program, os.path.abspath(getattr(options, program)))
    options.directory = os.path.abspath(options.directory)
    node = Node(options)
    try:
        without, limited = limits(node, options)
        unfiltered, filtered = scanning(node, options)
        alone, within, beside = whale(node, options)
    finally:
        node.stop()
    print("| measure | value |")
    print("|---|---|")
    report_rates("a key and nothing else", without, "rates, address lists and the filter", limited)
    report_rates("names to look at, no filter", unfiltered, "names to look at, filter detects", filtered)
    print(f"| p99 of a tenant at 500/s, alone | {ranged(alone)} |")
    for name, figures in (("beside one at its limit", within), ("beside one at ten times its limit", beside)):
        ratio = statistics.median(b / a for a, b in zip(alone, figures))
        print(f"| {name} | {ranged(figures)}, ratio {ratio:.2f} |")


def report_rates(name, before, other_name, after):
    spread = (max(before) - min(before)) / statistics.median(before)
    print(f"| single durable updates, {name} | {statistics.median(before) / 1000:.1f}k/s, spread {spread:.0%} |")
    ratio = statistics.median(a / b for a, b in zip(after, before))
    print(f"| {other_name} | {statistics.median(after) / 1000:.1f}k/s, ratio {ratio:.2f} |")


def ranged(times):
    return f"{statistics.median(times):.1f} ms ({min(times):.1f} to {max(times):.1f})"


if __name__ == "__main__":
    main()
