"""watch.py PORT SECONDS: asks for the status 20 times a second, until SIGTERM at the latest; prints what it saw as JSON."""

import json
import signal
import socket
import sys
import time


def ask(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return json.loads(body) if b" 200 " in head[:20] else None


def main(port, seconds):
    longest, asked, failed, last = 0.0, 0, 0, None
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    end = time.monotonic() + seconds
    while time.monotonic() < end and not told:
        begun = time.monotonic()
        try:
            status = ask(port)
        except (OSError, ValueError):
            status = None
        asked += 1
        failed += status is None
        last = status or last
        longest = max(longest, time.monotonic() - begun)
        time.sleep(0.05)
    print(json.dumps({"longest": longest, "asked": asked, "failed": failed, "status": last}))


main(int(sys.argv[1]), float(sys.argv[2]))
