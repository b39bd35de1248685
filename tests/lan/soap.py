"""A minimal control point: enough SOAP to query a renderer independently of the program."""

import http.client
import re
import urllib.parse
from xml.sax.saxutils import escape, unescape

AV_TRANSPORT = "urn:schemas-upnp-org:service:AVTransport:1"


class Device:
    """The AVTransport service of a renderer, found through its description."""

    def __init__(self, location):
        parts = urllib.parse.urlsplit(location)
        self.host, self.port = parts.hostname, parts.port
        text = self._exchange("GET", parts.path, None, {})
        service = next(s for s in re.findall(r"<service>.*?</service>", text, re.S) if ":AVTransport:" in s)
        self.type = re.search(r"<serviceType>(.*?)<", service)[1]
        self.control = urllib.parse.urljoin(location, re.search(r"<controlURL>(.*?)<", service)[1])

    def _exchange(self, method, path, body, headers):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=4)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            if answer.status != 200:
                plain = re.sub(r'<[^>]*>|\s+', ' ', text)
                raise RuntimeError(f"{answer.status}{plain}")
            return text
        finally:
            connection.close()

    def call(self, action, **arguments):
        """The out arguments, by name."""
        inner = "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in dict(InstanceID=0, **arguments).items())
        body = (
            '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
            's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
            f'<u:{action} xmlns:u="{self.type}">{inner}</u:{action}></s:Body></s:Envelope>')
        text = self._exchange("POST", urllib.parse.urlsplit(self.control).path, body.encode(), {
            "Content-Type": 'text/xml; charset="utf-8"', "SOAPACTION": f'"{self.type}#{action}"'})
        return {k: unescape(v) for k, v in re.findall(r"<(\w+)>([^<]*)</\1>", text)}

    def state(self):
        return self.call("GetTransportInfo")["CurrentTransportState"]
