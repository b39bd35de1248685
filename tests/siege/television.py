"""television.py ADDRESS NAME: a well-behaved renderer that plays sound in real time. Prints `uri`, `playing`, `ended`, `cut` and `refused`."""

import asyncio
import html
import re
import socket
import sys
import time
from urllib.parse import urlparse

GROUP = ("239.255.255.250", 1900)
TYPE = "urn:schemas-upnp-org:device:MediaRenderer:1"
PORT = 49494
RATE = 176400
SERVICES = ("AVTransport", "RenderingControl", "ConnectionManager")


class Television:
    def __init__(self, address, name):
        self.address, self.name, self.udn = address, name, f"uuid:siege-{name.lower()}"
        self.state, self.uri, self.begun, self.length, self.player = "STOPPED", "", 0.0, 0, None
        self.subscriptions = {}

    def description(self):
        services = "".join(
            f"<service><serviceType>urn:schemas-upnp-org:service:{s}:1</serviceType><serviceId>urn:upnp-org:serviceId:{s}"
            f"</serviceId><SCPDURL>/{s}.xml</SCPDURL><controlURL>/c</controlURL><eventSubURL>/e</eventSubURL></service>"
            for s in SERVICES)
        return (
            f'<root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceType>{TYPE}</deviceType><friendlyName>{self.name}'
            f"</friendlyName><manufacturer>Siege</manufacturer><modelName>Television</modelName><UDN>{self.udn}</UDN>"
            f"<serviceList>{services}</serviceList></device></root>")

    async def tell(self):
        """Sends the state to all subscribers."""
        change = html.escape(f'<Event><InstanceID val="0"><TransportState val="{self.state}"/></InstanceID></Event>')
        body = f"<propertyset><property><LastChange>{change}</LastChange></property></propertyset>"
        for sid, (callback, number) in list(self.subscriptions.items()):
            self.subscriptions[sid] = (callback, number + 1)
            url = urlparse(callback)
            try:
                reader, writer = await asyncio.open_connection(url.hostname, url.port, local_addr=(self.address, 0))
                writer.write(
                    f"NOTIFY {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nNT: upnp:event\r\nNTS: upnp:propchange\r\nSID: {sid}\r\n"
                    f"SEQ: {number}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
                await asyncio.wait_for(reader.read(), 5)
                writer.close()
            except (OSError, asyncio.TimeoutError):
                pass

    def enter(self, state):
        if state != self.state:
            self.state = state
            asyncio.ensure_future(self.tell())

    async def play(self, uri):
        url = urlparse(uri)
        reader, writer = await asyncio.open_connection(url.hostname, url.port, local_addr=(self.address, 0))
        try:
            writer.write(f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if " 200 " not in head[:20]:
                print("refused", flush=True)
                return
            length = int(re.search(r"(?i)content-length: *(\d+)", head)[1])
            self.begun, self.length, got = time.monotonic(), length // RATE, 0
            self.enter("PLAYING")
            print("playing", flush=True)
            while got < length:
                piece = await reader.read(32768)
                if not piece:
                    break
                got += len(piece)
                await asyncio.sleep(max(0, got / RATE - (time.monotonic() - self.begun)))
            print("ended" if got == length else "cut", flush=True)
        except asyncio.IncompleteReadError:
            print("refused", flush=True)
        finally:
            writer.close()
            self.enter("STOPPED")

    def act(self, action, body):
        found = re.search(r"<CurrentURI>(.*?)</CurrentURI>", body, re.S)
        if action == "SetAVTransportURI" and found:
            self.stop()
            self.uri = html.unescape(found[1])
            print("uri", self.uri, flush=True)
        elif action == "Play" and self.state != "PLAYING":
            self.stop()
            self.player = asyncio.ensure_future(self.play(self.uri))
        elif action == "Stop":
            self.stop()
        at = int(time.monotonic() - self.begun) if self.state == "PLAYING" else 0
        shown = lambda seconds: f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        uri = html.escape(self.uri)
        return {
            "GetTransportInfo": f"<CurrentTransportState>{self.state}</CurrentTransportState>",
            "GetPositionInfo": f"<Track>1</Track><TrackDuration>{shown(self.length)}</TrackDuration><TrackURI>{uri}"
            f"</TrackURI><RelTime>{shown(at)}</RelTime>",
            "GetMediaInfo": f"<NrTracks>1</NrTracks><CurrentURI>{uri}</CurrentURI>",
            "GetProtocolInfo": "<Source></Source><Sink>http-get:*:audio/wav:*,http-get:*:image/jpeg:*</Sink>",
            "GetVolume": "<CurrentVolume>20</CurrentVolume>", "GetMute": "<CurrentMute>0</CurrentMute>"}.get(action, "")

    def stop(self):
        if self.player:
            self.player.cancel()
            self.player = None
        self.enter("STOPPED")

    async def serve(self, reader, writer):
        try:
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode("latin-1")
            field = lambda name: (re.search(rf"(?im)^{name}: *(.*?)\r$", head) or [None, ""])[1]
            body = (await reader.readexactly(int(field("content-length") or 0))).decode()
            method = head.split(" ")[0]
            extra, answer = "", ""
            if method == "GET":
                answer = self.description()
            elif method == "SUBSCRIBE":
                sid = field("sid") or f"uuid:{time.monotonic_ns()}"
                if callback := field("callback"):
                    self.subscriptions[sid] = (callback.strip("<>"), 0)
                    asyncio.get_running_loop().call_later(0.1, lambda: asyncio.ensure_future(self.tell()))
                extra = f"SID: {sid}\r\nTIMEOUT: Second-300\r\n"
            elif method == "POST":
                service, _, action = field("soapaction").strip('"').partition("#")
                inner = self.act(action, body)
                answer = (
                    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
                    f'<u:{action}Response xmlns:u="{service}">{inner}</u:{action}Response></s:Body></s:Envelope>')
            writer.write(f"HTTP/1.1 200 OK\r\n{extra}Content-Length: {len(answer)}\r\nConnection: close\r\n\r\n{answer}".encode())
            await writer.drain()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.TimeoutError, asyncio.LimitOverrunError):
            pass
        writer.close()

    def announce(self, speaker):
        speaker.sendto(
            f"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\nLOCATION: http://{self.address}:{PORT}"
            f"/d.xml\r\nNT: {TYPE}\r\nNTS: ssdp:alive\r\nBOOTID.UPNP.ORG: 1\r\nUSN: {self.udn}::{TYPE}\r\n\r\n".encode(), GROUP)


async def main(address, name):
    television = Television(address, name)
    await asyncio.start_server(television.serve, address, PORT)
    speaker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    speaker.bind((address, 0))
    speaker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    for pause in (1, 2, *[5] * 1000):
        television.announce(speaker)
        await asyncio.sleep(pause)


asyncio.run(main(*sys.argv[1:]))
