"""streams.py SECONDS BYTES_PER_SECOND (URL FILE STREAMS)…: clients that fetch URLs, from hosts of their own, at the pace of a renderer.

Compares every byte with FILE. Prints for each URL as JSON how many bytes came, how often a stream broke or had a wrong byte, how long a
stream waited at most for its first bytes, and for others.
"""

import asyncio
import json
import os
import sys
import time
from urllib.parse import urlparse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "siege"))

from room import attackers

PIECE = 65536


async def stream(host, url, file, rate, seen, end):
    """Fetches the URL for as long as there is time; a stream that breaks goes on where it was."""
    at, wanted, place = 0, time.monotonic(), urlparse(url)

    def noted(more):
        which = "longest" if at else "first"
        seen[which] = max(seen[which], time.monotonic() - wanted)
        seen["wrong"] += more != file[at:at + len(more)]
        seen["bytes"] += len(more)

    while time.monotonic() < end:
        try:
            reader, writer = await asyncio.open_connection(place.hostname, place.port, local_addr=(host, 0))
            writer.write(f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nRange: bytes={at}-\r\n\r\n".encode())
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), max(0.1, end - time.monotonic()))
            if b" 206 " not in head[:20]:
                raise OSError(head.split(b"\r\n")[0].decode())
            begun, first = time.monotonic(), at
            while (now := time.monotonic()) < end and at < len(file):
                piece = await asyncio.wait_for(reader.read(PIECE), end - now)
                if not piece:
                    raise OSError("cut")
                noted(piece)
                at += len(piece)
                await asyncio.sleep(max(0, (at - first) / rate - (time.monotonic() - begun)))
                wanted = time.monotonic()
            writer.close()
            # After the end it begins again.
            at %= len(file)
        except asyncio.TimeoutError:
            noted(b"")
        except (OSError, asyncio.IncompleteReadError) as error:
            seen["broken"].append(str(error))
            await asyncio.sleep(0.1)


async def main(seconds, rate, *triples):
    hosts = iter(attackers())
    end = time.monotonic() + float(seconds)
    tasks, all_seen = [], []
    for url, path, count in zip(triples[::3], triples[1::3], triples[2::3]):
        with open(path, "rb") as file:
            content = file.read()
        seen = {"url": url, "bytes": 0, "wrong": 0, "broken": [], "first": 0.0, "longest": 0.0}
        all_seen.append(seen)
        tasks += [stream(next(hosts), url, content, float(rate), seen, end) for _ in range(int(count))]
    await asyncio.gather(*tasks)
    print(json.dumps(all_seen), flush=True)


asyncio.run(main(*sys.argv[1:]))
