#!/usr/bin/env python3
"""A Laurel cluster on one machine, to try it out: three NATS servers that keep the log, and some nodes.

    launch.py LAURELD NATS_SERVER [--nodes 3] [--directory ./laurel-cluster] [--http 8080] [--redis 6380] [--shards 64]
              [--regions eu,us] [--latency-ms 40] [--jitter-ms 0] [--seed 1]

With --regions, one such cluster for each, in which every one mirrors the logs of the others; what goes from region to region takes
--latency-ms each way. The ports of each region's nodes begin 100 above those of the one before.

Nodes take the ports from --http and --redis on upwards; everything else takes free ones. What the processes say stands in
DIRECTORY/logs, their data beside it: started again, the cluster goes on where it was. Ends all of them when it is
interrupted.

All of it listens on the loopback address and shares one disk: it shows how a cluster behaves, and keeps nothing safe.
"""

import argparse
import http.client
import json
import os
import random
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
    """Ports that nobody has, below those that the kernel gives to outgoing connections: these may be taken before a server is there."""
    ports = []
    for port in random.sample(range(10_240, 32_768), 4096):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    sys.exit("no ports are free")


def status(port, path):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None


class Cluster:
    """`region`: what it has beyond a cluster that is alone; None if it is."""

    def __init__(self, options, region=None):
        self.options = options
        self.region = region
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
        configuration = self.server_configuration()
        if self.region:
            configuration = self.region.server_configuration(configuration, self.directory, index)
        self.start(f"nats-{index + 1}", [self.options.nats_server, "-c", configuration], {
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
        if self.options.weights:
            settings["cluster-weight"] = self.options.weights[index]
        if self.region:
            settings.update(self.region.settings(index))
        command = [
            self.options.laureld, "--data-dir", self.data(index), "--http", f"127.0.0.1:{self.http_port(index)}",
            "--redis", f"127.0.0.1:{self.redis_port(index)}"]
        if index == 0:
            command += ["--admin", f"127.0.0.1:{self.options.admin}"]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        self.start(f"node-{index + 1}", command, {
            "LAUREL_PEPPER": self.region.pepper if self.region else self.state["pepper"], "LAUREL_CLUSTER_LOG_PASSWORD": self.state["password"],
            "LAUREL_CLUSTER_LOG_SYSTEM_PASSWORD": self.state["system"],
        })

    def prepare_node(self, index):
        os.makedirs(self.data(index), exist_ok=True)
        key = os.path.join(self.data(index), "admin.key")
        # One key opens the project on every node.
        first = self.region.first_key if self.region else os.path.join(self.data(0), "admin.key")
        if key != first and not os.path.exists(key):
            shutil.copy(first, key)

    def wait_for_node(self, index):
        name = f"node-{index + 1}"
        for _ in range(600):
            if status(self.http_port(index), "/readyz") == 200:
                return
            if self.processes[name].poll() is not None:
                sys.exit(f"{name} has ended, see {self.directory}/logs/{name}.log")
            time.sleep(0.1)
        sys.exit(f"{name} is not ready after a minute, see {self.directory}/logs/{name}.log")

    def run(self, servers=True):
        if servers:
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

    def is_whole(self):
        return all(process.poll() is None for process in self.processes.values())

    def tell_ended(self):
        for name, process in self.processes.items():
            if process.poll() is not None:
                print(f"{name} has ended ({process.returncode})", flush=True)

    def stop(self, kinds=("node", "nats")):
        """Nodes first: they hand over and say good-bye, for which they need the log."""
        for kind in kinds:
            processes = [process for name, process in self.processes.items() if name.startswith(kind)]
            for process in processes:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
            for process in processes:
                try:
                    process.wait(timeout=40)
                except subprocess.TimeoutExpired:
                    process.kill()


class Region:
    """What a cluster has as one of several regions. Its servers' leaf nodes and its gateways are reached by way of the proxy."""

    def __init__(self, name, options, ports):
        self.name, self.options = name, options
        self.leaves, self.gateways, self.slow_leaves, self.slow_gateways = ports
        self.others, self.pepper, self.control, self.first_key, self.file = [], None, None, None, None
        self.password = None

    def links(self):
        return [f"{slow}={fast}" for slow, fast in
                zip(self.slow_leaves + self.slow_gateways, self.leaves + self.gateways)]

    def server_configuration(self, path, directory, index):
        with open(path) as file:
            text = file.read()
        text = text.replace("jetstream {\n", f"jetstream {{\n    domain: {self.name}\n", 1)
        # Leaf nodes don't join clusters of one name.
        text = text.replace("name: laurel\n", f"name: laurel-{self.name}\n", 1)
        # Of two regions the later one connects: one connection is enough for both ways.
        remotes = "".join(
            "{ urls: [" + ", ".join(f'"nats-leaf://laurel:{other.password}@127.0.0.1:{port}"' for port in other.slow_leaves)
            + "], account: LAUREL }\n" for other in self.others if other.name < self.name)
        text += f"leafnodes {{\n listen: \"127.0.0.1:{self.leaves[index]}\"\n remotes: [{remotes}]\n}}\n"
        path = os.path.join(directory, f"nats-{index + 1}.conf")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        return path

    def settings(self, index):
        return {
            "cluster": f"local-{self.name}", "region": self.name, "regions-file": self.file, "control": self.control,
            "region-listen": f"127.0.0.1:{self.gateways[index]}",
            "region-mirrors": ",".join(other.name for other in self.others) or "none"}


class Regions:
    def __init__(self, options):
        self.options = options
        self.directory = os.path.abspath(options.directory)
        os.makedirs(self.directory, exist_ok=True)
        self.proxy = None
        names = options.regions.split(",")
        path = os.path.join(self.directory, "regions.json")
        if os.path.exists(path):
            with open(path) as file:
                state = json.load(file)
            if sorted(state["ports"]) != sorted(names):
                sys.exit(f"{self.directory} was made with the regions {', '.join(state['ports'])}")
        else:
            counts = [SERVERS, options.nodes] * 2
            ports = iter(free_ports(len(names) * sum(counts)))
            state = {"pepper": secrets.token_hex(32),
                     "ports": {name: [[next(ports) for _ in range(count)] for count in counts] for name in names}}
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(state, file, indent=2)
        regions = [Region(name, options, state["ports"][name]) for name in names]
        self.clusters = []
        for number, region in enumerate(regions):
            region.others = [other for other in regions if other is not region]
            region.pepper = state["pepper"]
            region.control = "sqlite:" + os.path.join(self.directory, "control.sqlite")
            region.first_key = os.path.join(self.directory, names[0], "node-1", "admin.key")
            region.file = os.path.join(self.directory, "regions.yaml")
            own = argparse.Namespace(**vars(options))
            own.directory = os.path.join(self.directory, region.name)
            own.http, own.redis, own.admin = (
                port + 100 * number for port in (options.http, options.redis, options.admin))
            self.clusters.append(Cluster(own, region))
        for region, cluster in zip(regions, self.clusters):
            region.password = cluster.state["password"]
        if not os.path.exists(regions[0].file):
            self.write(regions)

    def write(self, regions):
        lines = ["version: 1", "epoch: 1", "regions:"]
        for region in regions:
            gateways = ", ".join(f'"127.0.0.1:{port}"' for port in region.slow_gateways)
            lines.append(f"  - {{name: {region.name}, cluster: local-{region.name}, log_domain: {region.name}, "
                         f"gateways: [{gateways}]}}")
        lines += ["homes:", f"  default: {regions[0].name}", "  rules:"]
        lines += [f'    - {{leaderboard: "{region.name}-*", home: {region.name}}}' for region in regions]
        with open(regions[0].file, "w") as file:
            file.write("\n".join(lines) + "\n")

    def run(self):
        links = [link for cluster in self.clusters for link in cluster.region.links()]
        delay = str(self.options.latency_ms)
        self.proxy = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "latency-proxy.py"), *links, "--delay-ms", delay, "--back-ms", delay,
             "--jitter-ms", str(self.options.jitter_ms), "--seed", str(self.options.seed)], start_new_session=True)
        # A mirror whose origin is not there yet looks for it from time to time.
        for cluster in self.clusters:
            for index in range(SERVERS):
                cluster.start_server(index)
        for cluster in self.clusters:
            print(f"region {cluster.region.name}:")
            cluster.run(servers=False)

    def is_whole(self):
        return self.proxy.poll() is None and all(cluster.is_whole() for cluster in self.clusters)

    def tell_ended(self):
        for cluster in self.clusters:
            cluster.tell_ended()

    def stop(self):
        for cluster in self.clusters:
            cluster.stop(kinds=["node"])
        for cluster in self.clusters:
            cluster.stop(kinds=["nats"])
        if self.proxy:
            self.proxy.terminate()
            self.proxy.wait()


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
    parser.add_argument(
        "--weights", type=lambda text: text.split(","), help="a cluster-weight for each node, as 100,100,0")
    parser.add_argument("--regions", help="names with commas between, the first of which is the home of what is named like none")
    parser.add_argument("--latency-ms", type=float, default=40)
    parser.add_argument("--jitter-ms", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep-going", action="store_true", help="go on when a process ends, as when it is killed on purpose")
    options = parser.parse_args()
    if options.weights and len(options.weights) != options.nodes:
        parser.error("--weights has as many numbers as there are nodes")
    options.laureld = os.path.abspath(options.laureld)
    options.nats_server = os.path.abspath(options.nats_server)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    cluster = Regions(options) if options.regions else Cluster(options)
    try:
        cluster.run()
        print("The regions are ready." if options.regions else "The cluster is ready.", "Interrupt to end it.", flush=True)
        while cluster.is_whole() or options.keep_going:
            time.sleep(0.5)
        cluster.tell_ended()
    except KeyboardInterrupt:
        pass
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
