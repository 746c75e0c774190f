"""Ways from a node to the servers of its log that can be cut."""

import socket
import threading


class Path:
    """A port of this machine that leads to another, as long as it is open."""

    def __init__(self, target):
        self.target, self.is_open = target, True
        self.lock, self.sockets = threading.Lock(), set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            if not self.is_open:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=2)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self.lock:
                self.sockets |= {client, server}
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    def pump(self, source, sink):
        try:
            while data := source.recv(1 << 16):
                sink.sendall(data)
        except OSError:
            pass
        self.close(source, sink)

    def close(self, *sockets):
        with self.lock:
            self.sockets -= set(sockets)
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def cut(self):
        self.is_open = False
        with self.lock:
            sockets = list(self.sockets)
        self.close(*sockets)

    def mend(self):
        self.is_open = True
