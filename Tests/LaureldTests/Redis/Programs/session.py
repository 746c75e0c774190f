"""The server under test, as the environment names it: REDIS_PORT, REDIS_KEY (none for a redis-server), REDIS_PROTOCOL.

REDIS_PARSER=python keeps redis-py from using hiredis.
"""

import os
import sys
import unittest

if os.environ.get("REDIS_PARSER") == "python":
    sys.modules["hiredis"] = None  # An import fails then.

import redis  # The programs take it from here, so that it is imported after that.

PROTOCOL = int(os.environ.get("REDIS_PROTOCOL", "2"))
IS_REDIS = not os.environ.get("REDIS_KEY")
VERSION = tuple(int(part) for part in redis.__version__.split(".")[:2])

print("redis-py %s, protocol %d, hiredis %s" % (
    redis.__version__, PROTOCOL, sys.modules["hiredis"].__version__ if sys.modules.get("hiredis") else "none"))


def connected():
    """A new client. What it is called with is whatever redis-py's guide says, so that defaults are tested too."""
    options = {"password": os.environ.get("REDIS_KEY") or None, "socket_timeout": 60}
    if VERSION >= (5, 0):
        options["protocol"] = PROTOCOL
    return redis.Redis(host="127.0.0.1", port=int(os.environ["REDIS_PORT"]), **options)


def pairs(reply):
    """Members with scores, whatever shape a protocol's version gives them."""
    if reply and not isinstance(reply[0], (list, tuple)):
        reply = list(zip(reply[::2], reply[1::2]))
    return [(member, float(score)) for member, score in reply]


class Session(unittest.TestCase):
    def setUp(self):
        self.client = connected()
        self.client.flushdb()
        self.addCleanup(self.client.close)

    def another(self):
        client = connected()
        self.addCleanup(client.close)
        return client

    def refused(self, *code):
        """What is expected to be answered with an error of this code."""
        return self.assertRaisesRegex(redis.ResponseError, *code)
