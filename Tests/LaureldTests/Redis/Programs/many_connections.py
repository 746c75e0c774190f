#!/usr/bin/env python3
"""Holds many connections at once, all of which are served, and tries one more.

    many_connections.py PORT KEY COUNT

Ends with status 0 and a line of what was seen.
"""

import resource
import socket
import sys

port, key, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, max(count + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))


def connection():
    return socket.create_connection(("127.0.0.1", port), timeout=120)


def received(client, length):
    """So many bytes, or less if the server closes the connection."""
    data = b""
    while len(data) < length:
        some = client.recv(length - len(data))
        if not some:
            break
        data += some
    return data


def ask_all(clients, command, expected):
    """All ask before the first reads its answer."""
    for client in clients:
        client.sendall(command)
    wrong = [data for data in (received(client, len(expected)) for client in clients) if data != expected]
    if wrong:
        sys.exit("%d of %d were answered otherwise, the first one %r" % (len(wrong), len(clients), wrong[0]))


clients = [connection() for _ in range(count)]
ask_all(clients, b"AUTH %s\r\n" % key.encode(), b"+OK\r\n")
ask_all(clients, b"PING\r\n", b"+PONG\r\n")

refusal = b"-ERR max number of clients reached\r\n"
for _ in range(3):
    extra = connection()
    # A byte more than the refusal: it ends with the connection.
    if received(extra, len(refusal) + 1) != refusal:
        sys.exit("one more was not refused")
    extra.close()

# Those who were refused took nobody's place, and the place of one who leaves is free.
ask_all(clients, b"PING\r\n", b"+PONG\r\n")
clients.pop().close()
for _ in range(10_000):
    extra = connection()
    extra.sendall(b"AUTH %s\r\n" % key.encode())
    try:
        answer = received(extra, len(b"+OK\r\n"))
    except ConnectionResetError:  # Refused before our line was read.
        answer = b""
    extra.close()
    if answer == b"+OK\r\n":
        break
else:
    sys.exit("the place of a client that left stayed taken")
print("%d clients were served at once, one more was refused" % count)
