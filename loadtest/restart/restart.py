#!/usr/bin/env python3
"""Loads a leaderboard over HTTP, stops the node, starts it again, and times the first correct rank.

    restart.py LAURELD [--members 10000000] [--runs 3] [--directory /tmp/laurel-restart]

Prints a Markdown table: the upload's rate, the time from the start of the process to the first rank (files in the page
cache), and beside it how long reading the same files takes (`cat`), in the same run.
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

BOARD = "restart"


def start(laureld, directory):
    process = subprocess.Popen(
        [laureld, "--data-dir", directory, "--http", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.startswith("Laurel listens on http://"):
            return process, int(line.split("http://127.0.0.1:")[1].split(",")[0])
    raise SystemExit("laureld did not start")


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.stdout.read()
    process.wait(timeout=120)


def request(port, key, method, path, body=None, kind="application/json"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request(method, path, body, {"X-Api-Key": key, "Content-Type": kind})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"{}")


def lines(members):
    """One upload line for each member, in pieces of about a megabyte. Scores are a fixed permutation."""
    for first in range(0, members, 10_000):
        yield "".join(
            '{"leaderboard":"%s","user":"player-%08d","score":%d}\n' % (BOARD, i, score(i, members))
            for i in range(first, min(first + 10_000, members))).encode()


def score(i, members):
    return i * 7_368_787 % members


def first_rank(port, key, user):
    while True:
        try:
            status, answer = request(port, key, "GET", f"/v1/leaderboards/{BOARD}/rank/{user}")
        except OSError:
            continue
        if status == 200:
            return answer
        if status != 503:
            raise SystemExit(f"unexpected answer {status}: {answer}")


def read_files(directory):
    begun = time.monotonic()
    for root, _, files in os.walk(directory):
        for name in files:
            with open(os.path.join(root, name), "rb") as file:
                while file.read(1 << 20):
                    pass
    return time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("laureld")
    parser.add_argument("--members", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--directory", default="/tmp/laurel-restart")
    options = parser.parse_args()
    shutil.rmtree(options.directory, ignore_errors=True)
    process, port = start(options.laureld, options.directory)
    key = open(os.path.join(options.directory, "admin.key")).read().strip()
    column = {"name": "score", "type": "integer", "order": "desc", "operator": "best"}
    status, answer = request(port, key, "POST", "/v1/leaderboards", json.dumps({"id": BOARD, "columns": [column]}))
    assert status == 201, answer
    data = list(lines(options.members))
    begun = time.monotonic()
    status, answer = request(port, key, "POST", "/v1/scores/bulk", iter(data), "application/x-ndjson")
    uploaded = time.monotonic() - begun
    assert status == 200 and answer["accepted"] == options.members, answer
    del data
    user = options.members // 3
    expected = options.members - score(user, options.members)
    begun = time.monotonic()
    stop(process)
    stopped = time.monotonic() - begun
    times, reads = [], []
    for _ in range(options.runs):
        reads.append(read_files(os.path.join(options.directory, "checkpoints")))
        begun = time.monotonic()
        process, port = start(options.laureld, options.directory)
        answer = first_rank(port, key, "player-%08d" % user)
        times.append(time.monotonic() - begun)
        assert answer["rank"] == expected, (answer, expected)
        stop(process)
    print("| measure | members | value |")
    print("|---|---|---|")
    print(f"| upload over HTTP, durable | {options.members} | {options.members / uploaded / 1000:.0f}k scores/s |")
    print(f"| stop, with the last checkpoint | {options.members} | {stopped:.2f} s |")
    print(f"| start to first rank, warm, median of {options.runs} | {options.members} | {statistics.median(times):.2f} s |")
    print(f"| reading the checkpoint's files | {options.members} | {statistics.median(reads):.2f} s |")
    shutil.rmtree(options.directory, ignore_errors=True)


if __name__ == "__main__":
    main()
