#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""wire.py: HTTP as nobody should speak it, and many who do not speak at all.

    wire.py say TARGET             for each line of standard input: sends it on a connection of its own
                                   and prints the statuses that came back ("200,400", "none") and
                                   whether the server closed the connection: "closed", else "open"
    wire.py hold TARGET N KIND     N connections that ask nothing, until its input ends; prints "held"
                                   when all have been tried. KIND: silent, begun (half a ClientHello),
                                   shaken (a handshake, no request), trickle (an octet a second);
                                   each connection that the server closes is opened again
    TARGET: tls:PORT, plain:PORT, unix:PATH; with @ADDRESS,... from these addresses in turn

In what is said, \\r \\n \\0 are control characters and {x*100} is a hundred times x.
"""
import re
import resource
import selectors
import socket
import ssl
import sys
import time

PATIENCE = 180  # seconds; nothing that works waits for so long
HELLO = bytes([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
TRICKLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100000


def unfold(text):
    data = text.encode("latin-1").decode("unicode_escape").encode("latin-1")
    return re.sub(rb"\{(.)\*(\d+)\}", lambda m: m[1] * int(m[2]), data, flags=re.DOTALL)


class Target:
    def __init__(self, text):
        text, _, sources = text.partition("@")
        self.kind, self.where = text.split(":", 1)
        self.sources = sources.split(",") if sources else ["127.0.0.1"]
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE

    def reach(self, number=0, wait=True):
        """A connection without TLS."""
        if self.kind == "unix":
            sock = socket.socket(socket.AF_UNIX)
            address = self.where
        else:
            sock = socket.socket()
            sock.bind((self.sources[number % len(self.sources)], 0))
            address = ("127.0.0.1", int(self.where))
        sock.settimeout(PATIENCE)
        sock.setblocking(wait)
        try:
            sock.connect(address)
        except BlockingIOError:
            pass
        sock.settimeout(PATIENCE if wait else 0)
        return sock

    def open(self, number=0):
        sock = self.reach(number)
        return self.context.wrap_socket(sock) if self.kind == "tls" else sock


def exchange(target, data):
    """All that comes back until the server closes; None in place of an end that never came."""
    sock = target.open()
    answer = b""
    try:
        sock.sendall(data)
    except OSError:
        pass  # it has had enough; what it said may still be there
    try:
        while piece := sock.recv(65536):
            answer += piece
        return answer, True
    except socket.timeout:
        return answer, False
    except OSError:
        return answer, True
    finally:
        sock.close()


def say(target):
    for line in sys.stdin:
        answer, closed = exchange(target, unfold(line.rstrip("\n")))
        statuses = re.findall(rb"^HTTP/1\.1 (\d+) ", answer, flags=re.MULTILINE)
        print(b",".join(statuses).decode() or "none", "closed" if closed else "open", flush=True)


class Crowd:
    def __init__(self, target, count, kind):
        self.target, self.kind = target, kind
        self.selector = selectors.DefaultSelector()
        self.refused = 0
        for number in range(count):
            self.add(number)

    def add(self, number):
        try:
            if self.kind in ("shaken", "trickle"):
                sock = self.target.open(number)
                sock.setblocking(False)
            else:
                sock = self.target.reach(number, wait=False)
        except OSError:
            self.refused += 1
            return
        if self.kind == "begun":
            self.speak(sock, HELLO)
        self.selector.register(sock, selectors.EVENT_READ, [number, 0])

    @staticmethod
    def speak(sock, data):
        try:
            sock.send(data)
        except OSError:
            pass

    def look(self):
        """Who was thrown out comes again."""
        for key, _ in self.selector.select(0):
            if key.fileobj is sys.stdin:
                return not sys.stdin.read(1) == ""
            try:
                gone = key.fileobj.recv(65536) == b""
            except (ssl.SSLWantReadError, BlockingIOError):
                gone = False
            except OSError:
                gone = True
            if gone:
                self.selector.unregister(key.fileobj)
                key.fileobj.close()
                self.add(key.data[0])
        return True

    def trickle(self):
        for key in list(self.selector.get_map().values()):
            if key.fileobj is not sys.stdin:
                self.speak(key.fileobj, TRICKLE[key.data[1] : key.data[1] + 1])
                key.data[1] += 1

    def stay(self):
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        print("held", flush=True)
        while self.look():
            if self.kind == "trickle":
                self.trickle()
            time.sleep(1 if self.kind == "trickle" else 0.1)


def main():
    target = Target(sys.argv[2])
    if sys.argv[1] == "say":
        say(target)
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    Crowd(target, int(sys.argv[3]), sys.argv[4]).stay()


main()
