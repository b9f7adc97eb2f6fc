#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""negotiate: an HTTPS client that makes its own Kerberos tokens, good ones and bad ones.

    negotiate.py PORT [--bind right|wrong|none] [--send KIND] [--service NAME] [--cert PEM KEY] [--path PATH]
                 [--requests N] [--gate FIFO] [--again same|other] [--tls12] [--then CCACHE]
                 [--post FILE [--type TYPE] [--header HEADER] | --link KEY SUBJECT [--unlike]]

Prints the status of each answer and its body. --post sends a file, as a request for a certificate
or what --type says;
--link makes one for a key of the file KEY, with this connection's tls-unique as its
challengePassword (RFC 7030 3.5), or with --unlike another connection's.
"""
import argparse
import base64
import hashlib
import socket
import ssl
import subprocess
import sys

import gssapi
from gssapi.raw import ChannelBindings

SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
KRB5 = gssapi.OID.from_int_seq("1.2.840.113554.1.2.2")
NTLM_OID = bytes.fromhex("060a2b06010401823702020a")
KRB5_OID = bytes.fromhex("06092a864886f712010202")
SPNEGO_OID = bytes.fromhex("06062b0601050502")
NTLM = b"NTLMSSP\0" + bytes.fromhex("0100000007820882") + bytes(16)


def der(tag, content):
    n = len(content)
    if n < 128:
        return bytes([tag, n]) + content
    size = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + n.to_bytes(size, "big") + content


def spnego_init(mechanisms, token):
    """RFC 4178 4.2.1; also the list of mechanisms, which a MIC is made over."""
    mech_list = der(0x30, b"".join(mechanisms))
    init = der(0x30, der(0xA0, mech_list) + der(0xA2, der(0x04, token)))
    return der(0x60, SPNEGO_OID + der(0xA0, init)), mech_list


def spnego_response(token, mic):
    return der(0xA1, der(0x30, der(0xA2, der(0x04, token)) + der(0xA3, der(0x04, mic))))


def request_of(key, common_name, password):
    """A PKCS #10 request as EST wants it, with a challengePassword."""
    config = ("[req]\nprompt = no\ndistinguished_name = subject\nattributes = attributes\n"
              f"[subject]\nCN = {common_name}\n[attributes]\nchallengePassword = {password}\n")
    made = subprocess.run(["openssl", "req", "-new", "-key", key, "-config", "/dev/stdin",
                           "-outform", "DER"], input=config.encode(), stdout=subprocess.PIPE,
                          check=True)
    return base64.b64encode(made.stdout)


class Line:
    """A TLS connection."""

    def __init__(self, port, options):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if options.tls12:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if options.cert:
            context.load_cert_chain(*options.cert)
        plain = socket.create_connection(("127.0.0.1", port), timeout=180)
        self.socket = context.wrap_socket(plain)
        self.path = options.path
        self.type = options.type
        self.more = "".join(f"{header}\r\n" for header in options.header)
        self.file = self.socket.makefile("rb")
        self.body = self.body_of(options)

    def body_of(self, options):
        """What is posted; without, it is asked with GET."""
        if options.post:
            with open(options.post, "rb") as file:
                return file.read()
        if not options.link:
            return None
        unique = bytes(12) if options.unlike else self.socket.get_channel_binding("tls-unique")
        return request_of(*options.link, base64.b64encode(unique).decode())

    def bindings(self, kind):
        if kind == "none":
            return None
        end_point = hashlib.sha256(self.socket.getpeercert(True)).digest()
        if kind == "wrong":
            end_point = hashlib.sha256(b"another certificate").digest()
        return ChannelBindings(application_data=b"tls-server-end-point:" + end_point)

    def ask(self, authorization):
        """The status, the Negotiate token of the answer, and its body."""
        header = f"Authorization: {authorization}\r\n" if authorization else ""
        method, body = "GET", b""
        if self.body is not None:
            method, body = "POST", self.body
            header += f"Content-Type: {self.type}\r\nContent-Length: {len(body)}\r\n{self.more}"
        request = f"{method} {self.path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n"
        self.socket.sendall(request.encode() + body)
        status = int(self.file.readline().split()[1])
        length, challenges, later = 0, [], None
        while line := self.file.readline().strip().decode():
            name, value = line.split(": ", 1)
            if name.lower() == "content-length":
                length = int(value)
            if name.lower() == "www-authenticate":
                challenges.append(value)
            if name.lower() == "retry-after":
                later = value
        body = self.file.read(length).decode()
        print(f"HTTP {status}", *[c.split()[0] for c in challenges])
        if later:
            print(f"Retry-After {int(later)}")
        print(body, end="", flush=True)
        tokens = [base64.b64decode(c.split()[1]) for c in challenges if " " in c]
        return status, tokens[0] if tokens else None


def initiator(line, options, mech=SPNEGO, flags=None, ccache=None):
    kind = gssapi.NameType.kerberos_principal
    name = gssapi.Name(options.service, kind)
    wanted = [gssapi.RequirementFlag.mutual_authentication] if flags is None else flags
    creds = None
    if ccache:
        creds = gssapi.Credentials(usage="initiate", store={"ccache": ccache})
    return gssapi.SecurityContext(name=name, creds=creds, usage="initiate", mech=mech, flags=wanted,
                                  channel_bindings=line.bindings(options.bind))


def negotiate(token):
    return "Negotiate " + base64.b64encode(token).decode()


def log_in(line, options, ccache=None):
    """An ordinary login; also its token."""
    context = initiator(line, options, ccache=ccache)
    token = context.step()
    _, reply = line.ask(negotiate(token))
    if reply:
        context.step(reply)
        print("mutual", "yes" if context.complete else "no")
    return token


def guess_wrong_first(line, options):
    """What Windows may do: offers NTLM first, with a token of it, and Kerberos behind it."""
    init, mech_list = spnego_init([NTLM_OID, KRB5_OID], NTLM)
    line.ask(negotiate(init))
    context = initiator(line, options, mech=KRB5, flags=[gssapi.RequirementFlag.integrity])
    token = context.step()
    line.ask(negotiate(spnego_response(token, context.get_signature(mech_list))))


def send_bad(line, kind):
    tokens = {
        "ntlm": lambda: negotiate(NTLM),
        "spnego-ntlm": lambda: negotiate(spnego_init([NTLM_OID], NTLM)[0]),
        "garbage": lambda: negotiate(b"\x60\x82\xff\xff" + b"A" * 500),
        "zeros": lambda: negotiate(bytes(64 * 1024)),
        "oversized": lambda: negotiate(b"A" * (64 * 1024 + 1)),
        "indefinite": lambda: negotiate(b"\x60\x80" * 2000),
        "empty": lambda: "Negotiate",
        "no-base64": lambda: "Negotiate ????",
        "basic": lambda: "Basic YWxpY2U6eA==",
        "bearer": lambda: "Bearer x",
        "nothing": lambda: None,
    }
    line.ask(tokens[kind]())


def main():
    sys.stdout.reconfigure(line_buffering=True)  # who waits for a line reads it from a file
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--path", default="/whoami")
    parser.add_argument("--bind", default="right")
    parser.add_argument("--send", default="good")
    parser.add_argument("--service", required=True)
    parser.add_argument("--cert", nargs=2)
    parser.add_argument("--requests", type=int, default=1)
    parser.add_argument("--gate", help="read to its end between the first request and the others")
    parser.add_argument("--again", choices=["same", "other"])
    parser.add_argument("--then", help="a second login on the same connection")
    parser.add_argument("--tls12", action="store_true")
    parser.add_argument("--post")
    parser.add_argument("--type", default="application/pkcs10")
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--link", nargs=2)
    parser.add_argument("--unlike", action="store_true")
    options = parser.parse_args()
    line = Line(options.port, options)
    token = None
    if options.send == "good":
        token = log_in(line, options)
    elif options.send == "guess":
        guess_wrong_first(line, options)
    else:
        send_bad(line, options.send)
    if options.gate:
        with open(options.gate, encoding="utf-8") as gate:
            gate.read()
    for _ in range(options.requests - 1):
        line.ask(None)
    if options.then:
        log_in(line, options, options.then)
    if options.again:
        other = Line(options.port, options) if options.again == "other" else line
        other.ask(negotiate(token))


main()
