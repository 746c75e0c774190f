"""Asks a NATS server one question: as much of the protocol as that takes."""

import json
import socket


def request(port, user, password, subject, body=b"", seconds=3):
    """The reply as JSON. Raises OSError or ValueError if there is none."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        file = connection.makefile("rb")
        file.readline()
        options = json.dumps({"user": user, "pass": password, "verbose": False, "headers": True, "no_responders": True})
        connection.sendall(
            f"CONNECT {options}\r\nSUB laurel.faults 1\r\nPUB {subject} laurel.faults {len(body)}\r\n".encode() + body + b"\r\n")
        while True:
            line = file.readline().decode().split()
            if not line:
                raise ConnectionError("the server closed the connection")
            if line[0] == "PING":
                connection.sendall(b"PONG\r\n")
            elif line[0] == "MSG":
                return json.loads(file.read(int(line[-1])))
            elif line[0] == "HMSG":
                raise ConnectionError("nobody answers")
            elif line[0] == "-ERR":
                raise ConnectionError(" ".join(line))
