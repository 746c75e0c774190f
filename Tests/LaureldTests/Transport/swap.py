"""Replaces a server's certificate while a connection is open. Arguments: port, process, directory.

The directory has the pairs first.pem, first.key, second.pem and second.key, and certificate.pem and key.pem, which the server
reads and which are the first pair.
"""

import http.client
import os
import shutil
import signal
import ssl
import sys
import time

port, process, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]


def connect(name):
    """A connection that takes only the certificate of this name, or None."""
    context = ssl.create_default_context(cafile=f"{directory}/{name}.pem")
    # Newer Pythons ask of an authority what openssl does not write into a certificate that is its own.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    connection = http.client.HTTPSConnection("localhost", port, timeout=30, context=context)
    try:
        connection.connect()
    except ssl.SSLCertVerificationError:
        return None
    return connection


def use(connection):
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    assert answer.status == 200 and answer.read() == b'{"status":"ok"}'


def put(source, target):
    shutil.copy(f"{directory}/{source}", f"{directory}/{target}.new")
    os.replace(f"{directory}/{target}.new", f"{directory}/{target}")


def eventually(what, condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    sys.exit(f"never happened: {what}")


first = connect("first")
use(first)
assert connect("second") is None

# Noticed without being told, in the order that leaves a mismatch in between.
put("second.pem", "certificate.pem")
use(first)
put("second.key", "key.pem")
eventually("the second certificate is used", lambda: connect("second"))
assert connect("first") is None
use(first)
second = connect("second")
use(second)

# A broken one stays out, also where the server is told to read it.
with open(f"{directory}/certificate.pem", "w") as file:
    file.write("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
os.kill(process, signal.SIGHUP)
for _ in range(20):
    use(connect("second"))
os.remove(f"{directory}/certificate.pem")
os.kill(process, signal.SIGHUP)
for _ in range(20):
    use(connect("second"))
use(first)

# Told to read it, it does so at once, or nearly.
put("first.pem", "certificate.pem")
put("first.key", "key.pem")
os.kill(process, signal.SIGHUP)
eventually("the first certificate is used again", lambda: connect("first"))
assert first.sock is not None and second.sock is not None
use(first)
use(second)
print("the connection of the first certificate was used throughout")
