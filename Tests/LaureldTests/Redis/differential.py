#!/usr/bin/env python3
"""Sends the same random commands to a redis-server and to a Laurel, and compares every reply byte for byte.

    differential.py REDIS_PORT LAUREL_PORT KEY [--seed 1] [--commands 200000] [--protocol 2]

Ends with status 1 and the first commands that were answered differently. Commands whose replies are random or follow a
server's own order (ZRANDMEMBER, ZSCAN, SCAN, KEYS, RANDOMKEY) are compared as what their replies stand for. Times that
follow from a server's clock may differ by some seconds; deadlines that a command named are the same to the millisecond.
"""

import argparse
import random
import socket
import sys
import time

KEYS = ["{t}a", "{t}b", "{t}c", "{t}d", "{t}none"]
MEMBERS = ["m%d" % i for i in range(30)] + ["a", "b", "aa", "ab", "\u00e9", "with space", "x" * 255, "nul\0byte"]
NUMBERS = ["0", "1", "-1", "2", "3", "5", "10", "1.5", "-2.25", "0.1", "3.3000000000000003", "1e300", "-1e300", "1e-300",
           "inf", "-inf", "+inf", "123456789012345678", "100", "7", "0x10", "1e3", "17179869184", "0.30000000000000004"]
WRONG = ["nan", "abc", "", " 1", "1 ", "1.0.0", "--1", "(", "[", "(1", "[a", "9223372036854775808", "NX", "WITHSCORES"]

# Deadlines that a command names lie beyond these, and those that are counted from now before them.
NAMED_SECONDS = 20_000_000_000
# Two deadlines counted from now are so far apart at least that it does not matter which server's clock is ahead.
WAIT_SECONDS = 10_000
WAIT_COUNT = 1_000_000
TOLERANCE_SECONDS = 60


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(120)
        self.buffer = b""
        self.at = 0

    def send(self, commands):
        self.socket.sendall(b"".join(encoded(command) for command in commands))

    def fill(self):
        received = self.socket.recv(1 << 20)
        if not received:
            raise SystemExit("the server closed the connection; left: %r" % self.buffer[self.at:][:200])
        self.buffer = self.buffer[self.at:] + received
        self.at = 0

    def line(self):
        while True:
            end = self.buffer.find(b"\r\n", self.at)
            if end >= 0:
                line = self.buffer[self.at:end]
                self.at = end + 2
                return line
            self.fill()

    def reply(self):
        """A reply as nested lists, with its marks."""
        line = self.line()
        mark, rest = line[:1], line[1:]
        if mark in b"$=" and rest != b"-1":
            count = int(rest)
            while len(self.buffer) - self.at < count + 2:
                self.fill()
            value = self.buffer[self.at:self.at + count]
            self.at += count + 2
            return [mark, b"0" if value == b"-0" else value]
        if mark in b"*~>" and rest != b"-1":
            return [mark] + [self.reply() for _ in range(int(rest))]
        if mark == b"%":
            return [mark] + [self.reply() for _ in range(2 * int(rest))]
        # Redis gives a zero's sign back from large sets and forgets it in small ones; Laurel forgets it.
        return [mark, b"0" if rest == b"-0" else rest]


def encoded(command):
    parts = [argument if isinstance(argument, bytes) else argument.encode() for argument in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.waits = set()

    def pick(self, options):
        return self.random.choice(options)

    def key(self):
        return self.pick(KEYS)

    def member(self):
        return self.pick(MEMBERS)

    def number(self):
        return self.pick(WRONG) if self.random.random() < 0.01 else self.pick(NUMBERS)

    def index(self):
        return self.pick(WRONG) if self.random.random() < 0.01 else str(self.random.randint(-12, 12))

    def bound(self):
        return ("(" if self.random.random() < 0.3 else "") + self.number()

    def lexical(self):
        if self.random.random() < 0.3:
            return self.pick(["-", "+", "a", "", "[", "("])
        return self.pick("[(") + self.member()

    def some(self, *options):
        return [option for option in options if self.random.random() < 0.3]

    def cased(self, word):
        return self.pick([word, word.lower(), word.capitalize()])

    def limit(self):
        return ["LIMIT", self.index(), self.index()] if self.random.random() < 0.3 else []

    def numbered(self, least=1):
        keys = [self.key() for _ in range(self.random.randint(least, 3))]
        count = str(len(keys)) if self.random.random() > 0.03 else self.pick(["0", "-1", "9", "x"])
        return [count] + keys

    def wait(self):
        """Seconds from now, never the same twice."""
        while True:
            wait = self.random.randint(1, WAIT_COUNT)
            if wait not in self.waits:
                self.waits.add(wait)
                return wait * WAIT_SECONDS

    def deadline(self, usual, *edges):
        kind = self.random.random()
        if kind < 0.01:
            return [self.pick(WRONG)]
        return [self.pick(edges) if kind < 0.15 else str(usual)] + self.some("NX", "XX", "GT", "LT")

    def command(self):
        name = self.pick(sorted(COMMANDS))
        arguments = COMMANDS[name](self)
        # Whatever could become a key must have the tag that all keys have.
        is_many_keys = name.upper() in MANY_KEYS
        if self.random.random() < 0.01 and len(arguments) > 1 and not is_many_keys:
            arguments.pop(self.random.randrange(1, len(arguments)))
        if self.random.random() < 0.01 and name not in ("ZRANK", "ZREVRANK"):
            wrong = "{t}wrong" if is_many_keys else self.pick(WRONG)
            arguments.insert(self.random.randint(min(1, len(arguments)), len(arguments)), wrong)
        return [self.cased(name)] + arguments


def combination(g):
    result = g.numbered()
    if g.random.random() < 0.3:
        result += ["WEIGHTS"] + [g.number() for _ in range(max(len(result) - 1, 1))]
    if g.random.random() < 0.3:
        result += ["AGGREGATE", g.pick(["SUM", "MIN", "max", "avg"])]
    return result


def range_options(g):
    return g.some("BYSCORE") + g.some("REV") + g.limit() + g.some("WITHSCORES")


def any_range(g):
    kind = g.pick(["rank", "score", "lex"])
    options = g.some("REV")
    if kind == "rank":
        return [g.index(), g.index()] + options + (g.limit() if g.random.random() < 0.05 else [])
    if kind == "score":
        return [g.bound(), g.bound(), "BYSCORE"] + options + g.limit()
    return [g.lexical(), g.lexical(), g.cased("BYLEX")] + options + g.limit()


def pairs(g, count):
    return [text for _ in range(count) for text in (g.number(), g.member())]


# Seconds that are beyond a deadline's range.
TOO_FAR = ["9223372036854776", "-9223372036854776", "9223372036854775807"]

COMMANDS = {
    "ZADD": lambda g: [g.key()] + g.some("NX", "XX", "GT", "LT", "CH") + pairs(g, g.random.randint(1, 4)),
    "zadd": lambda g: [g.key()] + pairs(g, g.random.randint(1, 8)),
    "Zadd": lambda g: [g.key()] + g.some("NX", "XX", "GT", "LT") + ["INCR"] + pairs(g, 1),
    "ZINCRBY": lambda g: [g.key(), g.number(), g.member()],
    "ZREM": lambda g: [g.key()] + [g.member() for _ in range(g.random.randint(1, 3))],
    "ZSCORE": lambda g: [g.key(), g.member()],
    "ZMSCORE": lambda g: [g.key()] + [g.member() for _ in range(g.random.randint(1, 3))],
    "ZCARD": lambda g: [g.key()],
    "ZCOUNT": lambda g: [g.key(), g.bound(), g.bound()],
    "ZLEXCOUNT": lambda g: ["{t}lex", g.lexical(), g.lexical()],
    "ZRANK": lambda g: [g.key(), g.member()],
    "ZREVRANK": lambda g: [g.key(), g.member()],
    "ZRANGE": lambda g: [g.key(), g.index(), g.index()] + g.some("WITHSCORES", "REV"),
    "zrange": lambda g: [g.key(), g.bound(), g.bound()] + range_options(g),
    "Zrange": lambda g: ["{t}lex", g.lexical(), g.lexical(), "BYLEX"] + g.some("REV") + g.limit(),
    "ZRANGESTORE": lambda g: [g.key(), "{t}lex"] + any_range(g),
    "zrangestore": lambda g: [g.key(), g.key(), g.index(), g.index()] + g.some("REV"),
    "ZREVRANGE": lambda g: [g.key(), g.index(), g.index()] + g.some("WITHSCORES"),
    "ZRANGEBYSCORE": lambda g: [g.key(), g.bound(), g.bound()] + g.some("WITHSCORES") + g.limit(),
    "ZREVRANGEBYSCORE": lambda g: [g.key(), g.bound(), g.bound()] + g.some("WITHSCORES") + g.limit(),
    "ZRANGEBYLEX": lambda g: ["{t}lex", g.lexical(), g.lexical()] + g.limit(),
    "ZREVRANGEBYLEX": lambda g: ["{t}lex", g.lexical(), g.lexical()] + g.limit(),
    "ZREMRANGEBYRANK": lambda g: [g.key(), g.index(), g.pick(["-11", "2", g.index()])],
    "ZREMRANGEBYSCORE": lambda g: [g.key(), g.bound(), g.bound()],
    "ZREMRANGEBYLEX": lambda g: ["{t}lex", g.lexical(), g.lexical()],
    "ZPOPMIN": lambda g: [g.key()] + ([g.index()] if g.random.random() < 0.5 else []),
    "ZPOPMAX": lambda g: [g.key()] + ([g.index()] if g.random.random() < 0.5 else []),
    "ZMPOP": lambda g: g.numbered() + [g.pick(["MIN", "MAX", "max", "mid"])] + g.pick([[], ["COUNT", g.index()]]),
    "ZUNION": lambda g: combination(g) + g.some("WITHSCORES"),
    "ZINTER": lambda g: combination(g) + g.some("WITHSCORES"),
    "ZDIFF": lambda g: g.numbered() + g.some("WITHSCORES"),
    "ZUNIONSTORE": lambda g: [g.key()] + combination(g),
    "ZINTERSTORE": lambda g: [g.key()] + combination(g),
    "ZDIFFSTORE": lambda g: [g.key()] + g.numbered(),
    "ZINTERCARD": lambda g: g.numbered() + g.pick([[], ["LIMIT", g.index()]]),
    "lex": None,
    "DEL": lambda g: [g.key()] + g.some(g.key()),
    "UNLINK": lambda g: [g.key()] + g.some(g.key()),
    "EXISTS": lambda g: [g.key()] + g.some(g.key(), g.key()),
    "TOUCH": lambda g: [g.key()] + g.some(g.key()),
    "TYPE": lambda g: [g.key()],
    "RENAME": lambda g: [g.key(), g.key()],
    "RENAMENX": lambda g: [g.key(), g.key()],
    "COPY": lambda g: [g.key(), g.key()] + g.some("REPLACE"),
    "TTL": lambda g: [g.key()],
    "PTTL": lambda g: [g.key()],
    "PERSIST": lambda g: [g.key()],
    "EXPIRETIME": lambda g: [g.key()],
    "PEXPIRETIME": lambda g: [g.key()],
    "EXPIRE": lambda g: [g.key()] + g.deadline(g.wait(), "0", "-1", "-9223372036854775", *TOO_FAR),
    "PEXPIRE": lambda g: [g.key()] + g.deadline(
        1000 * g.wait(), "0", "-1", "-9223372036854775808", "9223372036854775807"),
    "EXPIREAT": lambda g: [g.key()] + g.deadline(
        NAMED_SECONDS + g.random.randint(0, 5), "0", "1", "-1", "1700000000", "9223372036854775", *TOO_FAR),
    "PEXPIREAT": lambda g: [g.key()] + g.deadline(
        1000 * NAMED_SECONDS + g.pick([0, 499, 500, 1000, 1499, 1500]), "0", "1", "-1", "1700000000000", *TOO_FAR),
    "DBSIZE": lambda g: [],
    "PING": lambda g: g.some(g.member()),
    "ECHO": lambda g: [g.member()],
    "MULTI": lambda g: [],
    "EXEC": lambda g: [],
    "DISCARD": lambda g: [],
    "WATCH": lambda g: [g.key()],
    "UNWATCH": lambda g: [],
    "KEYS": lambda g: [g.pick(["*", "{t}?", "{t}[ab]", "nothing*"])],
    "ZRANDMEMBER": lambda g: [g.key()] + g.pick([[], ["100"], ["100", "WITHSCORES"], ["x"], ["0"]]),
    "ZSCAN": lambda g: [g.key(), "0", "COUNT", "1000"] + g.pick([[], ["MATCH", "m*"], ["MATCH", "*1"], ["COUNT", "0"]]),
    "BZPOPMIN": lambda g: ["{t}lex2"] + [g.key(), "0.001"],
    "OBJECT": lambda g: [g.pick(["REFCOUNT", "FREQ", "nothing"]), "{t}none"],
    "NOSUCH": lambda g: [g.member(), g.key()],
}
MANY_KEYS = {"ZUNION", "ZINTER", "ZDIFF", "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZINTERCARD", "ZMPOP", "BZPOPMIN",
             "COPY", "RENAME", "RENAMENX", "ZRANGESTORE", "DEL", "UNLINK", "EXISTS", "TOUCH", "WATCH"}
# A set whose scores are all equal, as the commands on ranges of members want it.
COMMANDS["lex"] = lambda g: ["{t}lex"] + [text for _ in range(g.random.randint(1, 4)) for text in ("0", g.member())]


def rename(command):
    return ["ZADD"] + command[1:] if command[0].lower() == "lex" else command


def comparable(command, reply):
    """What of a reply must be equal."""
    name = command[0].upper()
    if reply[:1] not in ([b"*"], [b"~"]):
        if name == "ZRANDMEMBER" and len(command) == 2 and reply[:1] == [b"$"] and reply[1] != b"-1":
            return "a member"
        return reply
    if name == "KEYS" or (name == "ZRANDMEMBER" and reply[:1] == [b"*"]):
        if name == "ZRANDMEMBER" and len(command) == 4 and reply[1:] and reply[1][:1] != [b"*"]:
            flat = reply[1:]
            return sorted(map(repr, zip(flat[::2], flat[1::2])))
        return sorted(map(repr, reply[1:]))
    if name == "ZSCAN" and len(reply) == 3:
        # Redis writes whole scores of small sets in another way here than those of large ones.
        flat = reply[2][1:]
        return sorted((member[1], float(score[1])) for member, score in zip(flat[::2], flat[1::2]))
    return reply


def agree(command, expected, given):
    """Whether two replies say the same."""
    if expected == given:
        return True
    name = command[0].upper()
    if name in ("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME") and expected[:1] == given[:1] == [b":"]:
        second = 1000 if name.startswith("P") else 1
        left, right = int(expected[1]), int(given[1])
        if min(left, right) <= 0 or (name.endswith("TIME") and left >= NAMED_SECONDS * second):
            return False
        return abs(left - right) <= TOLERANCE_SECONDS * second
    return comparable(command, expected) == comparable(command, given)


def let_expire(key, redis, laurel):
    """Gives a key a millisecond to live, and waits until neither server has it. Answers what differs."""
    # Outside of a transaction.
    for command in (["DISCARD"], ["PEXPIRE", key, "1"]):
        for client in (redis, laurel):
            client.send([command])
        expected, given = redis.reply(), laurel.reply()
        if expected != given:
            return command, expected, given
    for client in (redis, laurel):
        for _ in range(1000):
            client.send([["EXISTS", key]])
            reply = client.reply()
            if reply == [b":", b"0"]:
                break
            time.sleep(0.001)
        else:
            return ["EXISTS", key], [b":", b"0"], reply
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("redis", type=int)
    parser.add_argument("laurel", type=int)
    parser.add_argument("key")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--commands", type=int, default=200_000)
    parser.add_argument("--protocol", type=int, default=2)
    parser.add_argument("--show", type=int, default=5)
    options = parser.parse_args()
    redis, laurel = Client(options.redis), Client(options.laurel)
    laurel.send([["AUTH", options.key]])
    assert laurel.reply() == [b"+", b"OK"]
    for client in (redis, laurel):
        client.send([["FLUSHDB"]] + ([["HELLO", "3"]] if options.protocol == 3 else []))
        client.reply()
        if options.protocol == 3:
            client.reply()
    generator = Generator(options.seed)
    done = differences = replies_with_error = batches = 0
    in_transaction = []

    def report(command, expected, given):
        nonlocal differences
        differences += 1
        if differences > options.show:
            sys.exit(1)
        print("seed %d, command %d: %r\n  redis:  %r\n  laurel: %r" % (options.seed, done, command, expected, given))

    while done < options.commands:
        batches += 1
        if batches % 20 == 0:
            in_transaction = []
            difference = let_expire(generator.key(), redis, laurel)
            if difference:
                report(*difference)
        batch = [rename(generator.command()) for _ in range(min(100, options.commands - done))]
        # A blocking pop of a transaction answers at once; outside its wait is short, and nobody else adds anything.
        redis.send(batch)
        laurel.send(batch)
        for command in batch:
            expected, given = redis.reply(), laurel.reply()
            name = command[0].upper()
            replies_with_error += expected[0] == b"-"
            if expected == [b"+", b"QUEUED"]:
                in_transaction.append(command)
            elif name in ("EXEC", "DISCARD") or (name == "MULTI" and expected[0] == b"+"):
                commands, in_transaction = in_transaction, []
                if name == "EXEC" and expected[0] == b"*" and len(expected) == len(given) == len(commands) + 1:
                    answers = list(zip(commands, expected[1:], given[1:]))
                    command, expected, given = next((a for a in answers if not agree(*a)), (command, [], []))
            if not agree(command, expected, given):
                report(command, expected, given)
            done += 1
    print("%d commands, %d of them answered with an error, %d differences" % (done, replies_with_error, differences))
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
