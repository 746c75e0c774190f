#!/usr/bin/env python3
"""Single durable updates over HTTP, against a bare Hummingbird route that decodes and answers JSON; then batches.

    compare.py LAURELD BARE_ROUTE [--runs 5] [--seconds 4] [--directory /tmp/laurel-http]

The two take turns in one run, `wrk -t1 -c128` drives them, medians count, and only their ratio says something. Client and
servers share the machine's cores. Prints a Markdown table.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_up(port, path):
    for _ in range(400):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status in (200, 404, 405):
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"nothing answers on port {port}")


def wrk(port, script, connections, seconds, environment):
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", os.path.join(HERE, script),
         f"http://127.0.0.1:{port}/v1/scores/update"],
        env={**os.environ, **environment}, capture_output=True, text=True, timeout=seconds + 30, check=True).stdout
    if "Non-2xx" in output:
        raise SystemExit(output)
    return float(re.search(r"Requests/sec:\s*([\d.]+)", output).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("laureld")
    parser.add_argument("bare_route")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--directory", default="/tmp/laurel-http")
    options = parser.parse_args()
    shutil.rmtree(options.directory, ignore_errors=True)
    port, bare_port = free_port(), free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    laureld = subprocess.Popen(
        [options.laureld, "--data-dir", options.directory, "--http", f"127.0.0.1:{port}"], **quiet)
    bare = subprocess.Popen([options.bare_route, str(bare_port)], **quiet)
    try:
        wait_until_up(port, "/readyz")
        wait_until_up(bare_port, "/")
        key = open(os.path.join(options.directory, "admin.key")).read().strip()
        column = {"name": "score", "type": "integer", "order": "desc", "operator": "latest"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(
            "POST", "/v1/leaderboards", json.dumps({"id": "bench", "columns": [column]}),
            {"X-Api-Key": key, "Content-Type": "application/json"})
        assert connection.getresponse().status == 201
        environment = {"LAUREL_KEY": key, "LAUREL_USERS": str(options.users)}
        singles, references, batches = [], [], []
        for _ in range(options.runs):
            references.append(wrk(bare_port, "single.lua", 128, options.seconds, environment))
            singles.append(wrk(port, "single.lua", 128, options.seconds, environment))
            batches.append(100 * wrk(port, "batch100.lua", 16, options.seconds, environment))
    finally:
        for process in (laureld, bare):
            process.send_signal(signal.SIGTERM)
        for process in (laureld, bare):
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(options.directory, ignore_errors=True)
    single, reference = statistics.median(singles), statistics.median(references)
    spread = (max(references) - min(references)) / reference
    print("| measure | value |")
    print("|---|---|")
    print(f"| bare Hummingbird route, 128 connections | {reference / 1000:.1f}k requests/s, spread {spread:.0%} |")
    print(f"| single update, durable, 128 connections | {single / 1000:.1f}k requests/s |")
    ratio = statistics.median(s / r for s, r in zip(singles, references))
    print(f"| ratio, median of {options.runs} turns | {ratio:.2f} |")
    print(f"| batches of 100, durable, 16 connections | {statistics.median(batches) / 1000:.0f}k scores/s |")


if __name__ == "__main__":
    main()
