#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cut.py HOST PORT: a TCP line to HOST:PORT that can be cut in the middle of an answer, or be late.

Prints its own port. On the line "cut": each open connection lets 700 more octets of the server
through, each new one 3,000 (enough to bind), and is then closed. On "late": what the server says is kept
back. On "mend": nothing is cut any more, and what was kept back goes on its way.
Each order is printed when it is carried out. At the end of the input it ends.
"""
import asyncio
import sys

OPEN_OCTETS = 700
NEW_OCTETS = 3000
UNLIMITED = 1 << 60


class Line:
    def __init__(self):
        self.cutting = False
        self.left = {}  # by connection: octets of the server still to pass
        self.flows = asyncio.Event()
        self.flows.set()

    def be_late(self):
        self.flows.clear()

    def cut(self):
        self.cutting = True
        for writer in self.left:
            self.left[writer] = OPEN_OCTETS

    def mend(self):
        self.cutting = False
        self.flows.set()
        for writer in self.left:
            self.left[writer] = UNLIMITED

    async def upstream(self, reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def downstream(self, reader, writer):
        while data := await reader.read(65536):
            if not self.flows.is_set():
                print("late", file=sys.stderr, flush=True)
                await self.flows.wait()
            data = data[: self.left[writer]]
            self.left[writer] -= len(data)
            writer.write(data)
            await writer.drain()
            if self.left[writer] == 0:
                print("cut", file=sys.stderr, flush=True)
                break
        writer.close()

    async def serve(self, reader, writer):
        self.left[writer] = NEW_OCTETS if self.cutting else UNLIMITED
        try:
            from_server, to_server = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
            await asyncio.gather(
                self.upstream(reader, to_server), self.downstream(from_server, writer),
                return_exceptions=True)
            to_server.close()
        except OSError:
            pass
        writer.close()
        del self.left[writer]


async def main():
    line = Line()
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while order := await orders.readline():
        {b"cut\n": line.cut, b"late\n": line.be_late, b"mend\n": line.mend}[order]()
        print(order.decode().strip(), flush=True)
    server.close()


asyncio.run(main())
