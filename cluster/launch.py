#!/usr/bin/env python3
"""A Laurel cluster on one machine, to try it out: three NATS servers that keep the log, and some nodes.

    launch.py LAURELD NATS_SERVER [--nodes 3] [--directory ./laurel-cluster] [--http 8080] [--redis 6380] [--shards 64]

Nodes take the ports from --http and --redis on upwards; everything else takes free ones. What the processes say stands in
DIRECTORY/logs, their data beside it: started again, the cluster goes on where it was. Ends all of them when it is
interrupted.

All of it listens on the loopback address and shares one disk: it shows how a cluster behaves, and keeps nothing safe.
"""

import argparse
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SERVERS = 3


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def status(port, path):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None


class Cluster:
    def __init__(self, options):
        self.options = options
        self.directory = os.path.abspath(options.directory)
        self.processes = {}
        os.makedirs(os.path.join(self.directory, "logs"), exist_ok=True)
        self.state = self.load_state()

    def load_state(self):
        """Ports and secrets, the same at each start: a server is known by its name and address."""
        path = os.path.join(self.directory, "cluster.json")
        if os.path.exists(path):
            with open(path) as file:
                state = json.load(file)
            if len(state["gossip"]) != self.options.nodes or state["shards"] != self.options.shards:
                sys.exit(f"{self.directory} was made with {len(state['gossip'])} nodes and {state['shards']} shards")
            return state
        ports = free_ports(2 * SERVERS + 2 * self.options.nodes)
        state = {
            "nats": ports[:SERVERS], "routes": ports[SERVERS:2 * SERVERS], "gossip": ports[2 * SERVERS:2 * SERVERS + self.options.nodes],
            "links": ports[2 * SERVERS + self.options.nodes:],
            "shards": self.options.shards, "password": secrets.token_hex(16), "system": secrets.token_hex(16),
            "pepper": secrets.token_hex(32), "key": secrets.token_hex(32), "isMade": False,
        }
        self.save(state)
        return state

    def save(self, state):
        path = os.path.join(self.directory, "cluster.json")
        with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(state, file, indent=2)
        os.replace(path + ".new", path)

    def start(self, name, command, environment):
        log = open(os.path.join(self.directory, "logs", name + ".log"), "a")
        self.processes[name] = subprocess.Popen(
            command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True)
        log.close()

    # What faults/ has its own of.

    def server_configuration(self):
        return os.path.join(HERE, "jetstream", "server.conf")

    def log_ports(self, index):
        return self.state["nats"]

    def http_port(self, index):
        return self.options.http + index

    def redis_port(self, index):
        return self.options.redis + index

    def start_server(self, index):
        routes = ",".join(f'"nats://127.0.0.1:{port}"' for port in self.state["routes"])
        self.start(f"nats-{index + 1}", [self.options.nats_server, "-c", self.server_configuration()], {
            "LAUREL_NATS_NAME": f"log-{index + 1}", "LAUREL_NATS_LISTEN": f"127.0.0.1:{self.state['nats'][index]}",
            "LAUREL_NATS_CLUSTER_LISTEN": f"127.0.0.1:{self.state['routes'][index]}",
            "LAUREL_NATS_ROUTES": f"[{routes}]",
            "LAUREL_NATS_STORE": os.path.join(self.directory, f"nats-{index + 1}"),
            "LAUREL_NATS_STORE_BYTES": "16GB", "LAUREL_NATS_USER": "laurel", "LAUREL_NATS_SYSTEM_USER": "system",
            "LAUREL_NATS_PASSWORD": f'"{self.state["password"]}"',
            "LAUREL_NATS_SYSTEM_PASSWORD": f'"{self.state["system"]}"',
        })

    def data(self, index):
        return os.path.join(self.directory, f"node-{index + 1}")

    def start_node(self, index):
        keys = os.path.join(self.directory, "gossip.keys")
        with open(os.open(keys, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"1 {self.state['key']}\n")
        log = ",".join(f"127.0.0.1:{port}" for port in self.log_ports(index))
        seeds = ",".join(f"127.0.0.1:{port}" for port in self.state["gossip"])
        settings = {
            "shards": self.state["shards"], "control": "sqlite:" + os.path.join(self.directory, "control.sqlite"),
            "cluster": "local", "cluster-log": log, "cluster-log-user": "laurel", "cluster-log-system-user": "system",
            "cluster-log-bytes": 1 << 30, "cluster-log-create": str(not self.state["isMade"]).lower(),
            "cluster-gossip": f"127.0.0.1:{self.state['gossip'][index]}", "cluster-seeds": seeds, "cluster-keys": keys,
            "cluster-zone": f"zone-{index + 1}", "cluster-listen": f"127.0.0.1:{self.state['links'][index]}",
            "cluster-cleartext": "true",
        }
        command = [
            self.options.laureld, "--data-dir", self.data(index), "--http", f"127.0.0.1:{self.http_port(index)}",
            "--redis", f"127.0.0.1:{self.redis_port(index)}"]
        if index == 0:
            command += ["--admin", f"127.0.0.1:{self.options.admin}"]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        self.start(f"node-{index + 1}", command, {
            "LAUREL_PEPPER": self.state["pepper"], "LAUREL_CLUSTER_LOG_PASSWORD": self.state["password"],
            "LAUREL_CLUSTER_LOG_SYSTEM_PASSWORD": self.state["system"],
        })

    def prepare_node(self, index):
        os.makedirs(self.data(index), exist_ok=True)
        key = os.path.join(self.data(index), "admin.key")
        # One key opens the project on every node.
        if index > 0 and not os.path.exists(key):
            shutil.copy(os.path.join(self.data(0), "admin.key"), key)

    def wait_for_node(self, index):
        name = f"node-{index + 1}"
        for _ in range(600):
            if status(self.http_port(index), "/readyz") == 200:
                return
            if self.processes[name].poll() is not None:
                sys.exit(f"{name} has ended, see {self.directory}/logs/{name}.log")
            time.sleep(0.1)
        sys.exit(f"{name} is not ready after a minute, see {self.directory}/logs/{name}.log")

    def run(self):
        for index in range(SERVERS):
            self.start_server(index)
        for index in range(self.options.nodes):
            self.prepare_node(index)
            self.start_node(index)
            self.wait_for_node(index)
            if not self.state["isMade"]:
                self.state["isMade"] = True
                self.save(self.state)
        for index in range(self.options.nodes):
            print(f"node-{index + 1}: http://127.0.0.1:{self.options.http + index}, "
                  f"Redis 127.0.0.1:{self.options.redis + index}, pid {self.processes[f'node-{index + 1}'].pid}")
        servers = ", ".join(f"127.0.0.1:{port}" for port in self.state["nats"])
        print(f"log: {servers}")
        print(f"admin API: http://127.0.0.1:{self.options.admin}, token in {self.data(0)}/operator.key")
        print(f"key: {self.data(0)}/admin.key, logs: {self.directory}/logs")
        print("The cluster is ready. Interrupt to end it.", flush=True)
        while all(process.poll() is None for process in self.processes.values()) or self.options.keep_going:
            time.sleep(0.5)
        for name, process in self.processes.items():
            if process.poll() is not None:
                print(f"{name} has ended ({process.returncode})", flush=True)

    def stop(self):
        """Nodes first: they hand over and say good-bye, for which they need the log."""
        for kind in ("node", "nats"):
            processes = [process for name, process in self.processes.items() if name.startswith(kind)]
            for process in processes:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
            for process in processes:
                try:
                    process.wait(timeout=40)
                except subprocess.TimeoutExpired:
                    process.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("laureld")
    parser.add_argument("nats_server")
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--directory", default="./laurel-cluster")
    parser.add_argument("--http", type=int, default=8080)
    parser.add_argument("--redis", type=int, default=6380)
    parser.add_argument("--admin", type=int, default=8079)
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--keep-going", action="store_true", help="go on when a process ends, as when it is killed on purpose")
    options = parser.parse_args()
    options.laureld = os.path.abspath(options.laureld)
    options.nats_server = os.path.abspath(options.nats_server)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    cluster = Cluster(options)
    try:
        cluster.run()
    except KeyboardInterrupt:
        pass
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
