#!/usr/bin/env python3
"""Plays faults in a Laurel cluster of this machine, under load, and says what became of what was acknowledged.

    play.py LAURELD NATS_SERVER [--fault kill-owner] [--fault stop-owner:seconds=8] [--schedule FILE] [--rounds 100]
            [--log-rounds 20] [--power-cuts 5] [--clients 4] [--shards 1] [--nodes 3] [--seed 1] [--directory DIRECTORY]

A schedule is a list in YAML: `- {fault: stop-owner, seconds: 8, rounds: 3}`. `--rounds` are kills of owners, `--log-rounds`
kills of the log's leader, `--power-cuts` of all of the machine's disks. Prints a line for each fault and one of counts at the
end; ends with 1 if anything was lost, done twice, done though refused, or read stale.

What needs root (power cuts, lost packets) is left out for anybody else, which is said. The directory is removed if all is well.
"""

import argparse
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import accounts  # noqa: E402
import faulty  # noqa: E402


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("laureld")
    parser.add_argument("nats_server")
    parser.add_argument("--fault", action="append", default=[], help="one of " + ", ".join(faulty.NAMES))
    parser.add_argument("--schedule")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--log-rounds", type=int, default=0)
    parser.add_argument("--power-cuts", type=int, default=0)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--nodes", type=int, default=3)
    # One, so that its owner's death is everybody's.
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory")
    options = parser.parse_args()
    options.laureld, options.nats_server = map(os.path.abspath, (options.laureld, options.nats_server))
    return options


def schedule(options):
    """Pairs of a fault's name and what is said of it, one for each round."""
    steps = []
    for text in options.fault:
        name, _, rest = text.partition(":")
        steps.append({"fault": name, **dict(pair.split("=") for pair in rest.split(",") if pair)})
    if options.schedule:
        import yaml
        with open(options.schedule) as file:
            steps += yaml.safe_load(file)
    steps += [{"fault": "kill-owner", "rounds": options.rounds}, {"fault": "kill-log", "rounds": options.log_rounds},
              {"fault": "power-cut", "rounds": options.power_cuts}]
    plan = []
    for step in steps:
        name, rounds = step.pop("fault"), int(step.pop("rounds", 1))
        if name not in faulty.NAMES:
            sys.exit(f"there is no fault '{name}', only " + ", ".join(faulty.NAMES))
        if rounds and name in faulty.OF_ROOT and os.geteuid() != 0:
            print(f"SKIPPED: {name} needs root, since {faulty.OF_ROOT[name]}", flush=True)
            continue
        plan += [(name, {key: int(value) for key, value in step.items()})] * rounds
    return plan


def enter_own_world(plan):
    """Mounts and packet filters are seen by nobody else, and go with this process."""
    if os.environ.get("FAULTS_APART") or not any(name in faulty.OF_ROOT for name, _ in plan):
        return
    command = ["unshare", "--mount", "--net", sys.executable, *sys.argv]
    os.execvpe("unshare", command, {**os.environ, "FAULTS_APART": "1"})


def play(cluster, load, plan):
    times = {}
    faults = faulty.Faults(cluster, load)
    for number, (name, terms) in enumerate(plan, 1):
        load.wait_for(50)
        steps = getattr(faults, name.replace("-", "_"))(**terms)
        began = next(steps)
        taken = load.first_after(began)
        next(steps, None)
        times.setdefault(name, []).append(taken)
        print(f"{number}/{len(plan)} {name}: first acknowledged write after {taken:.2f} s, "
              f"{load.acknowledged_count()} acknowledged so far", flush=True)
    load.wait_for(50)
    return times


def quantile(values, part):
    """The least that so large a part is not above."""
    ordered = sorted(values)
    return ordered[math.ceil(part * len(ordered)) - 1]


def report(load, found, times):
    result = accounts.compare(load.fates, found)
    count = {fate: sum(each == fate for each in load.fates.values()) for fate in ("acknowledged", "unknown", "refused")}
    line = (f"acknowledged {count['acknowledged']}, unknown {count['unknown']}, refused {count['refused']}, "
            f"lost {len(result['lost'])}, twice {len(result['twice'])}, refused and there {len(result['denied'])}, "
            f"stale reads {len(load.stale)}")
    for name, values in times.items():
        line += (f"; {name} to the first acknowledged write: p50 {quantile(values, 0.5):.2f} s, "
                 f"p99 {quantile(values, 0.99):.2f} s, max {max(values):.2f} s of {len(values)}")
    print(line, flush=True)
    for name, keys in {**result, "stale": load.stale}.items():
        for key in keys[:5]:
            print(f"  {name}: {'/'.join(key)}")
    for text in load.surprises[:5]:
        print(f"  unexpected answer: {text}")
    return not any(result.values()) and not load.stale and not load.surprises


def main():
    options = parse()
    plan = schedule(options)
    enter_own_world(plan)
    if os.environ.get("FAULTS_APART"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    if not plan:
        sys.exit("nothing to play")
    options.power_cuts = sum(name == "power-cut" for name, _ in plan)
    directory = options.directory or tempfile.mkdtemp(prefix="laurel-faults-")
    os.makedirs(directory, exist_ok=True)
    if os.path.exists(os.path.join(directory, "cluster.json")):
        sys.exit(f"{directory} has a cluster already")
    options.directory = directory
    # Ports that nobody has.
    ports = faulty.launch.free_ports(2 * options.nodes + 1)
    options.ports = ports
    options.http, options.redis, options.admin = None, None, ports[-1]
    options.keep_going, options.weights = True, None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    cluster = faulty.FaultyCluster(options)
    is_well = False
    try:
        cluster.start_all()
        with open(os.path.join(cluster.data(0), "admin.key")) as file:
            key = file.read().strip()
        http_ports = [cluster.http_port(index) for index in range(options.nodes)]
        accounts.make_boards(accounts.Node(http_ports[0], key))
        load = accounts.Load(http_ports, key, options.clients, options.seed)
        load.start()
        try:
            times = play(cluster, load, plan)
        finally:
            load.stop()
        node = accounts.Node(http_ports[0], key)
        found = {(board, user): score for board in accounts.BOARDS
                 for user, score in accounts.read_board(node, board).items()}
        is_well = report(load, found, times)
    finally:
        # Whoever stands still can't end.
        for process in cluster.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
        cluster.stop()
        cluster.unmount_all()
        if is_well and not options.directory.startswith("./"):
            shutil.rmtree(directory, ignore_errors=True)
        else:
            print(f"logs: {directory}/logs")
    sys.exit(0 if is_well else 1)


if __name__ == "__main__":
    main()
