"""A small load on a cluster, and what its clients know of each of their operations.

Every operation adds one point to a user of its own, so that whoever has no point was lost and whoever has two was counted
twice. Between writes each client looks up one of its own that was acknowledged, by way of any node: an answer without it is a
stale read.
"""

import collections
import http.client
import json
import random
import threading
import time

BOARDS = [f"faults-{number}" for number in range(4)]
# Seconds that a client waits for an answer. Then nobody knows.
PATIENCE = 3
# Promises that nothing was done.
REFUSALS = {"unavailable", "overloaded", "no_space", "shard_corrupted"}


class Node:
    """One connection to a node."""

    def __init__(self, port, key):
        self.port, self.key, self.connection = port, key, None

    def ask(self, method, path, body=None):
        """The status and the document of an answer. Nothing was sent if there is no connection: then the status is None."""
        if self.connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            try:
                connection.connect()
            except OSError:
                return None, {}
            self.connection = connection
        try:
            headers = {"X-Api-Key": self.key, "Content-Type": "application/json"}
            self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = self.connection.getresponse()
            text = answer.read()
            if answer.getheader("connection") == "close":
                self.close()
            return answer.status, json.loads(text) if text else {}
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return 0, {}

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Load:
    def __init__(self, ports, key, clients, seed):
        self.ports, self.key, self.clients, self.seed = ports, key, clients, seed
        self.lock = threading.Lock()
        self.fates = {}
        self.times = []
        self.stale = []
        self.surprises = []
        self.is_over = False
        self.threads = []

    def start(self):
        for client in range(self.clients):
            thread = threading.Thread(target=self.run, args=(client,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def stop(self):
        self.is_over = True
        for thread in self.threads:
            thread.join(60)

    def run(self, client):
        choices = random.Random(f"{self.seed} {client}")
        nodes = [Node(port, self.key) for port in self.ports]
        mine = collections.deque(maxlen=500)
        number = 0
        while not self.is_over:
            number += 1
            board, user = choices.choice(BOARDS), f"c{client}-{number}"
            began = time.monotonic()
            status, document = choices.choice(nodes).ask(
                "POST", "/v1/scores/update", {"leaderboard": board, "user": user, "score": 1})
            fate = self.fate(status, document)
            with self.lock:
                self.fates[board, user] = fate
                if fate == "acknowledged":
                    self.times.append((began, time.monotonic()))
            if fate == "acknowledged":
                mine.append((board, user))
            else:
                time.sleep(0.01)
            if mine:
                self.look(choices.choice(nodes), *choices.choice(mine))

    def fate(self, status, document):
        if status is None:
            return "refused"
        if status == 200:
            return "acknowledged"
        if document.get("code") in REFUSALS:
            return "refused"
        if status != 0 and document.get("code") != "outcome_unknown":
            with self.lock:
                self.surprises.append(f"{status} {document}")
        return "unknown"

    def look(self, node, board, user):
        status, document = node.ask("GET", f"/v1/leaderboards/{board}/rank/{user}")
        if status == 404 or status == 200 and document["score"] < 1:
            with self.lock:
                self.stale.append((board, user))

    def acknowledged_count(self):
        with self.lock:
            return len(self.times)

    def wait_for(self, count, seconds=120):
        """Waits until so many more writes were acknowledged."""
        due, end = self.acknowledged_count() + count, time.monotonic() + seconds
        while self.acknowledged_count() < due:
            if time.monotonic() > end:
                raise TimeoutError(f"no {count} writes were acknowledged in {seconds} s")
            time.sleep(0.005)

    def first_after(self, moment, seconds=120):
        """How long it took until a write that was begun after a moment was acknowledged."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ends = []
            with self.lock:
                # They are nearly in the order of their ends.
                for began, ended in reversed(self.times):
                    if ended < moment:
                        break
                    if began > moment:
                        ends.append(ended)
            if ends:
                return min(ends) - moment
            time.sleep(0.005)
        raise TimeoutError(f"no write was acknowledged in {seconds} s")


def make_boards(node):
    for board in BOARDS:
        for _ in range(600):
            status, _ = node.ask("POST", "/v1/leaderboards", {
                "id": board, "columns": [{"name": "points", "type": "integer", "operator": "sum"}]})
            if status in (201, 409):
                break
            time.sleep(0.1)
        else:
            raise TimeoutError(f"{board} can't be made")


def read_board(node, board):
    """All entries of a board, asked again until they come."""
    found, cursor = {}, ""
    while True:
        status, document = node.ask("GET", f"/v1/leaderboards/{board}/top?limit=1000" + (f"&cursor={cursor}" if cursor else ""))
        if status != 200:
            time.sleep(0.1)
            continue
        for entry in document["entries"]:
            found[entry["user"]] = entry["score"]
        cursor = document["next"]
        if not cursor:
            return found


def compare(fates, found):
    """What is lost, there twice, there though refused, and there though nobody sent it.

    `fates` by board and user, `found` the score of each.
    """
    lost = [key for key, fate in fates.items() if fate == "acknowledged" and key not in found]
    twice = [key for key, score in found.items() if score > 1]
    denied = [key for key, fate in fates.items() if fate == "refused" and key in found]
    strange = [key for key in found if key not in fates]
    return {"lost": lost, "twice": twice, "denied": denied, "strange": strange}
