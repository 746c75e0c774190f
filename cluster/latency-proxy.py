#!/usr/bin/env python3
"""Makes connections within one machine as slow as those between regions, for whoever has no netem.

    latency-proxy.py LISTEN=TARGET … [--delay-ms 40] [--back-ms 40] [--jitter-ms 0] [--seed 1]

Ports or host:port. What a client sends arrives --delay-ms later, what it is sent --back-ms later, each with up to --jitter-ms more, drawn
from --seed and the number of the connection; bytes keep their order, and as many may be on their way as a window of 1 MiB holds. Says
"ready" when it listens. On SIGUSR1 it cuts all connections and takes no more, until the next SIGUSR1.
"""

import argparse
import asyncio
import os
import random
import signal

WINDOW = 1 << 20


def address(text):
    host, _, port = text.rpartition(":")
    return host or "127.0.0.1", int(port)


class Proxy:
    def __init__(self, options):
        self.options = options
        self.is_cut = False
        self.count = 0
        self.writers = set()

    def toggle(self):
        self.is_cut = not self.is_cut
        for writer in list(self.writers):
            writer.transport.abort()

    async def serve(self, target, reader, writer):
        self.count += 1
        chance = random.Random(self.options.seed * 1_000_003 + self.count)
        if self.is_cut:
            writer.transport.abort()
            return
        try:
            # A connection takes a way there and back before anything is said.
            await asyncio.sleep((self.options.delay_ms + self.options.back_ms) / 1000)
            there_reader, there = await asyncio.open_connection(*target)
        except OSError:
            writer.transport.abort()
            return
        self.writers |= {writer, there}
        try:
            await asyncio.gather(
                self.pump(reader, there, self.options.delay_ms, random.Random(chance.random())),
                self.pump(there_reader, writer, self.options.back_ms, random.Random(chance.random())))
        finally:
            self.writers -= {writer, there}
            for end in (writer, there):
                end.transport.abort()

    async def pump(self, reader, writer, delay, chance):
        """Two tasks and a queue between: one notes when each piece came, the other sends it when its time has come."""
        loop = asyncio.get_running_loop()
        queue, room, waiting = asyncio.Queue(), asyncio.Event(), 0
        room.set()

        async def take():
            nonlocal waiting
            due = 0.0
            while True:
                piece = await reader.read(1 << 16)
                late = (delay + chance.random() * self.options.jitter_ms) / 1000
                due = max(due, loop.time() + late)
                queue.put_nowait((due, piece))
                waiting += len(piece)
                if not piece:
                    return
                if waiting > WINDOW:
                    room.clear()
                await room.wait()

        async def give():
            nonlocal waiting
            while True:
                due, piece = await queue.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not piece:
                    writer.write_eof()
                    return
                writer.write(piece)
                await writer.drain()
                waiting -= len(piece)
                if waiting <= WINDOW:
                    room.set()

        try:
            await asyncio.gather(take(), give())
        except (OSError, RuntimeError):
            # One side is gone: so is the connection.
            writer.transport.abort()
            reader.feed_eof()


async def run(options):
    proxy = Proxy(options)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, proxy.toggle)
    # Whoever is connected notices.
    for end in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(end, lambda: os._exit(0))
    for link in options.links:
        listen, _, target = link.partition("=")
        target = address(target)
        await asyncio.start_server(
            lambda reader, writer, target=target: proxy.serve(target, reader, writer), *address(listen))
    print("ready", flush=True)
    await asyncio.Event().wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("links", nargs="+", metavar="LISTEN=TARGET")
    parser.add_argument("--delay-ms", type=float, default=40)
    parser.add_argument("--back-ms", type=float, default=40)
    parser.add_argument("--jitter-ms", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asyncio.run(run(options))


if __name__ == "__main__":
    main()
