"""The cluster of launch.py, and the faults that can be played in it."""

import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import jetstream  # noqa: E402
import launch  # noqa: E402
from paths import Path  # noqa: E402

# The file system's shutdown request, and its "without flushing the journal".
EXT4_IOC_SHUTDOWN, NOLOGFLUSH = 0x8004587D, 2
IMAGE_BYTES = 1 << 30


class FaultyCluster(launch.Cluster):
    """Every node has a way of its own to each server of the log. Servers don't tell of each other, so there is none around it."""

    def __init__(self, options):
        super().__init__(options)
        self.paths = [[Path(port) for port in self.state["nats"]] for _ in range(options.nodes)]
        self.configuration = os.path.join(self.directory, "server.conf")
        with open(os.path.join(launch.HERE, "jetstream", "server.conf")) as file:
            text = file.read().replace("    name: laurel\n", "    name: laurel\n    no_advertise: true\n")
        with open(self.configuration, "w") as file:
            file.write(text)
        self.mounts = []
        if options.power_cuts:
            self.mount_all()

    def server_configuration(self):
        return self.configuration

    def log_ports(self, index):
        return [path.port for path in self.paths[index]]

    def http_port(self, index):
        return self.options.ports[index]

    def redis_port(self, index):
        return self.options.ports[self.options.nodes + index]

    # What there is

    def names(self, kind):
        return [name for name in self.processes if name.startswith(kind)]

    def owner(self):
        """The node that said last that it owns the first shard."""
        claims = []
        for index in range(self.options.nodes):
            with open(os.path.join(self.directory, "logs", f"node-{index + 1}.log"), errors="replace") as file:
                claims += [(int(epoch), index) for epoch in re.findall(r"epoch=(\d+).*this node owns shard 0\b", file.read())]
        return max(claims)[1]

    def ask_log(self, question, group=0, body=None):
        """An answer of JetStream about a group's stream, from whichever server has it."""
        text = json.dumps(body).encode() if body is not None else b""
        for _ in range(300):
            for port in self.state["nats"]:
                try:
                    answer = jetstream.request(
                        port, "laurel", self.state["password"], f"$JS.API.STREAM.{question}.LRL-local-{group}", text)
                    if "error" not in answer:
                        return answer
                except (OSError, ValueError):
                    pass
            time.sleep(0.1)
        raise TimeoutError(f"nobody answers {question}")

    def log_leader(self):
        for _ in range(300):
            leader = self.ask_log("INFO").get("cluster", {}).get("leader")
            if leader:
                return int(leader.split("-")[1]) - 1
            time.sleep(0.1)
        raise TimeoutError("the log has no leader")

    def wait_until_current(self):
        for _ in range(600):
            replicas = self.ask_log("INFO").get("cluster", {}).get("replicas", [])
            if len(replicas) == 2 and all(each.get("current") and not each.get("offline") for each in replicas):
                return
            time.sleep(0.1)
        raise TimeoutError("the log's replicas do not become current")

    def signal(self, name, number):
        self.processes[name].send_signal(number)

    def kill(self, name):
        self.signal(name, signal.SIGKILL)
        self.processes[name].wait()

    # Starting

    def start_all(self):
        for index in range(launch.SERVERS):
            self.start_server(index)
        for index in range(self.options.nodes):
            self.prepare_node(index)
            # What was copied is not the cluster's to keep.
            os.sync()
            self.start_node(index)
            self.wait_for_node(index)
            if not self.state["isMade"]:
                self.state["isMade"] = True
                self.save(self.state)

    def start_node_again(self, index):
        self.start_node(index)
        self.wait_for_node(index)

    # Power

    def mount_all(self):
        for name in [f"nats-{index + 1}" for index in range(launch.SERVERS)] + [
                f"node-{index + 1}" for index in range(self.options.nodes)]:
            image, place = os.path.join(self.directory, name + ".ext4"), os.path.join(self.directory, name)
            os.makedirs(place, exist_ok=True)
            with open(image, "wb") as file:
                file.truncate(IMAGE_BYTES)
            subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
            subprocess.run(["mount", "-o", "loop", image, place], check=True)
            self.mounts.append((image, place))

    def cut_power(self):
        """Nothing reaches any disk from here on. Then everything ends, and finds what was on the disks."""
        for _, place in self.mounts:
            descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", NOLOGFLUSH))
            os.close(descriptor)
        for name in list(self.processes):
            self.kill(name)
        for image, place in self.mounts:
            subprocess.run(["umount", place], check=True)
            subprocess.run(["mount", "-o", "loop", image, place], check=True)

    def unmount_all(self):
        for _, place in self.mounts:
            subprocess.run(["umount", place], stderr=subprocess.DEVNULL)


class Faults:
    """Each method is a fault that a schedule can name, with what it can say of it. Answers when it began."""

    def __init__(self, cluster, load):
        self.cluster, self.load = cluster, load

    def kill_owner(self):
        owner, began = self.cluster.owner(), time.monotonic()
        self.cluster.kill(f"node-{owner + 1}")
        yield began
        self.cluster.start_node_again(owner)

    def restart_owner(self):
        owner, began = self.cluster.owner(), time.monotonic()
        name = f"node-{owner + 1}"
        self.cluster.signal(name, signal.SIGTERM)
        self.cluster.processes[name].wait(60)
        yield began
        self.cluster.start_node_again(owner)

    def stop_owner(self, seconds=5):
        owner, began = self.cluster.owner(), time.monotonic()
        name = f"node-{owner + 1}"
        self.cluster.signal(name, signal.SIGSTOP)
        time.sleep(seconds)
        self.cluster.signal(name, signal.SIGCONT)
        yield began

    def cut_owner(self, seconds=5):
        owner, began = self.cluster.owner(), time.monotonic()
        for path in self.cluster.paths[owner]:
            path.cut()
        time.sleep(seconds)
        for path in self.cluster.paths[owner]:
            path.mend()
        yield began

    def kill_log(self):
        leader, began = self.cluster.log_leader(), time.monotonic()
        self.cluster.kill(f"nats-{leader + 1}")
        yield began
        self.cluster.start_server(leader)
        self.cluster.wait_until_current()

    def stop_log(self, seconds=12):
        leader, began = self.cluster.log_leader(), time.monotonic()
        self.cluster.signal(f"nats-{leader + 1}", signal.SIGSTOP)
        time.sleep(seconds)
        self.cluster.signal(f"nats-{leader + 1}", signal.SIGCONT)
        yield began
        self.cluster.wait_until_current()

    def kill_log_majority(self, seconds=8):
        began = time.monotonic()
        for index in range(2):
            self.cluster.kill(f"nats-{index + 1}")
        time.sleep(seconds)
        for index in range(2):
            self.cluster.start_server(index)
        yield began
        self.cluster.wait_until_current()

    def fill(self, seconds=5):
        """The first group's stream is full for so long."""
        began, answer = time.monotonic(), self.cluster.ask_log("INFO")
        configuration = answer["config"]
        room = configuration["max_bytes"]
        self.cluster.ask_log("UPDATE", body={**configuration, "max_bytes": answer["state"]["bytes"]})
        time.sleep(seconds)
        self.cluster.ask_log("UPDATE", body={**configuration, "max_bytes": room})
        yield began

    def partition(self, seconds=20):
        """Nobody hears gossip of the last node, nor it of anybody; all reach the log. In a network of our own."""
        began, port = time.monotonic(), self.cluster.state["gossip"][-1]
        self.filter(f"udp dport {port} drop", f"udp sport {port} drop")
        time.sleep(seconds)
        self.filter()
        yield began

    def loss(self, seconds=20, percent=30):
        """So many of all gossip's datagrams are lost."""
        began, ports = time.monotonic(), ",".join(map(str, self.cluster.state["gossip"]))
        self.filter(f"udp dport {{ {ports} }} numgen random mod 100 < {percent} drop")
        time.sleep(seconds)
        self.filter()
        yield began

    def filter(self, *rules):
        text = "table inet faults {}\ndelete table inet faults\n"
        if rules:
            lines = "\n".join(rules)
            text += f"table inet faults {{ chain input {{ type filter hook input priority 0;\n{lines}\n}}\n}}\n"
        subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)

    def power_cut(self):
        began = time.monotonic()
        self.cluster.cut_power()
        for index in range(launch.SERVERS):
            self.cluster.start_server(index)
        for index in range(self.cluster.options.nodes):
            self.cluster.start_node_again(index)
        yield began


NAMES = [name.replace("_", "-") for name in dir(Faults) if not name.startswith("_") and name != "filter"]
# Those that need to be root, and why.
OF_ROOT = {"power-cut": "it mounts file systems", "partition": "it filters packets", "loss": "it filters packets"}
