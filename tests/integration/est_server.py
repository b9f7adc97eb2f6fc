#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""est_server: an EST server that is not ours, for stories of the client; it can lie.

    est_server.py DIR      in DIR: server.pem server.key ca.pem ca.key policy.json mode

It prints its port, and that of a listener at 127.0.0.2, to which it can send clients; whoever comes there
is written down in DIR/elsewhere; what it is sent itself is in DIR/received, requests for certificates
without their base64. A mode such as policy-garbage concerns that answer. Whoever shows a Kerberos token bound to server.pem, or a certificate of ca.pem
whose serial is not in DIR/revoked, comes in. Each request reads `mode`: a word for what to do.
"""
import base64
import hashlib
import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import gssapi
from gssapi.raw import ChannelBindings

DIR = sys.argv[1]
TEMPLATE = "1.3.6.1.4.1.311.21.7=ASN1:SEQUENCE:template"


def read(name, default=""):
    try:
        with open(os.path.join(DIR, name), encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return default


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=True).stdout


def extensions(mode, name, template):
    lines = [f"subjectAltName=critical,{name}", "authorityKeyIdentifier=keyid",
             "subjectKeyIdentifier=hash", "keyUsage=critical,digitalSignature",
             "extendedKeyUsage=clientAuth,serverAuth"]
    if template:
        lines.append(TEMPLATE)
    lines.append("basicConstraints=critical,CA:" + ("TRUE" if mode == "ca" else "FALSE"))
    if template:
        lines += ["[template]", f"oid=OID:{template['oid']}", f"major=INTEGER:{template['major']}",
                  f"minor=INTEGER:{template['minor']}"]
    return "\n".join(lines) + "\n"


def issue(csr, mode, user, template):
    """PEM of a certificate: a right one, or one that is wrong as the mode says."""
    host = user.split("@")[0].split("/")[-1]
    if mode == "foreign-name":
        host = "somebody-else.example.test"
    name = f"DNS:{host}" if "/" in user else f"email:{host}@example.test"
    with tempfile.TemporaryDirectory() as temp:
        ext, request = os.path.join(temp, "ext"), os.path.join(temp, "csr")
        with open(ext, "w", encoding="ascii") as file:
            file.write(extensions(mode, name, template))
        pem = openssl("req", "-inform", "DER", "-outform", "PEM", stdin=csr)
        if mode == "foreign-key":
            pem = openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                          "-nodes", "-keyout", "/dev/null", "-subj", "/CN=x")
        with open(request, "wb") as file:
            file.write(pem)
        ca = "other" if mode in ("untrusted", "cacerts-foreign") else "ca"
        command = ["openssl", "x509", "-req", "-in", request, "-CA", f"{DIR}/{ca}.pem", "-CAkey",
                   f"{DIR}/{ca}.key", "-days", "100", "-extfile", ext]
        if mode == "aged":
            command = ["faketime", "-f", "-90d", *command]
        return subprocess.run(command, capture_output=True, check=True).stdout


def pkcs7(*names, pem=None):
    with tempfile.NamedTemporaryFile() as file:
        file.write(pem or b"")
        file.flush()
        files = [*(["-certfile", file.name] if pem else [])]
        for name in names:
            files += ["-certfile", f"{DIR}/{name}"]
        der = openssl("crl2pkcs7", "-nocrl", "-outform", "DER", *files)
    return base64.b64encode(der) + b"\n"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    user = None
    proof = None

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="text/plain", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.proof:
            self.send_header("WWW-Authenticate", "Negotiate " + base64.b64encode(self.proof).decode())
            self.proof = None
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def problem(self, status, reason, **headers):
        body = {"status": status, "title": "No.", "reason": reason, "detail": "The server says no.",
                "request": "req-1"}
        self.answer(status, json.dumps(body).encode(), "application/problem+json", **headers)

    def negotiate(self, header, mode):
        binding = hashlib.sha256(ssl.PEM_cert_to_DER_cert(read("server.pem"))).digest()
        if mode == "other-binding":
            binding = bytes(32)
        context = gssapi.SecurityContext(
            usage="accept", creds=gssapi.Credentials(usage="accept"),
            channel_bindings=ChannelBindings(application_data=b"tls-server-end-point:" + binding))
        self.proof = context.step(base64.b64decode(header.split()[1]))
        if mode == "no-proof":
            self.proof = None
        return str(context.initiator_name)

    def who(self, mode):
        certificate = self.connection.getpeercert()
        if certificate and certificate["serialNumber"].lower() not in read("revoked").split():
            return read("host")
        header = self.headers.get("Authorization", "")
        if header.startswith("Negotiate "):
            try:
                self.user = self.negotiate(header, mode)
            except Exception as error: # of whatever layer of python3-gssapi
                print("refused:", error, file=sys.stderr)
        return self.user

    def misbehave(self, mode):
        if mode == "garbage":
            self.answer(200, b"\x00garbage", "application/pkcs7-mime")
        elif mode == "redirect":
            host, port = ELSEWHERE.getsockname()
            self.answer(307, Location=f"https://{host}:{port}{self.path}", WWW_Authenticate="Negotiate")
        elif mode == "huge":
            self.send_response(200)
            self.send_header("Content-Type", "application/pkcs7-mime")
            self.send_header("Content-Length", str(200 << 20))
            self.end_headers()
            self.wfile.write(bytes(16 << 20))
        elif mode == "flood":
            self.send_response(200)
            self.send_header("Content-Type", "application/pkcs7-mime")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for _ in range(200):
                self.wfile.write(b"100000\r\n" + bytes(1 << 20) + b"\r\n")
        elif mode == "stall":
            time.sleep(20)
        elif mode == "stall-within":
            self.send_response(200)
            self.send_header("Content-Type", "application/pkcs7-mime")
            self.send_header("Content-Length", "4096")
            self.end_headers()
            self.wfile.write(b"MIIC")
            time.sleep(20)
        elif mode == "busy":
            self.problem(503, "BUSY", Retry_After="120")
        elif mode == "rate":
            self.problem(429, "RATE", Retry_After="3600")
        elif mode == "held":
            self.problem(202, "HELD", Retry_After="1")
        elif mode == "held-long":
            self.problem(202, "HELD", Retry_After="3600")
        elif mode == "refused":
            self.problem(403, "RULE_DENIED")
        elif mode == "not-yours" and self.path.endswith("simplereenroll"):
            self.problem(403, "NAME_NOT_YOURS")
        else:
            return False
        self.close_connection = mode in ("huge", "flood", "stall", "stall-within")
        return True

    def handle_request(self, body=b""):
        mode = read("mode", "right")
        with open(os.path.join(DIR, "log"), "a", encoding="ascii") as file:
            by = "certificate" if self.connection.getpeercert() else "ticket"
            file.write(f"{self.command} {self.path} {by} {self.client_address[1]}\n")
        about = "cacerts" if self.path.endswith("/cacerts") else self.path.split("/")[-1]
        user = None if about == "cacerts" else self.who(mode)
        if mode.startswith(about + "-") and self.misbehave(mode[len(about) + 1:]):
            return None
        if mode == "cacerts-foreign" and about == "cacerts":
            return self.answer(200, pkcs7("other.pem"), "application/pkcs7-mime; smime-type=certs-only")
        if about == "cacerts":
            return self.answer(200, pkcs7("ca.pem"), "application/pkcs7-mime; smime-type=certs-only")
        if user is None:
            return self.answer(401, b"AUTH_NONE: no\n", WWW_Authenticate="Negotiate")
        if self.path == "/autoenroll/v1/policy":
            policy = json.loads(read("policy.json"))
            policy["principal"] = user
            return self.answer(200, json.dumps(policy).encode(), "application/json")
        if self.path == "/autoenroll/v1/report":
            with open(os.path.join(DIR, "report.json"), "wb") as file:
                file.write(body)
            return self.answer(204)
        if self.misbehave(mode):
            return None
        label = self.path.split("/")[3]
        templates = {t["label"]: t for t in json.loads(read("policy.json"))["templates"]}
        pem = issue(base64.b64decode(body), mode, user, templates.get(label))
        return self.answer(200, pkcs7(pem=pem), "application/pkcs7-mime; smime-type=certs-only")

    def write_down(self, body):
        if "/est/" in self.path:
            body = base64.b64decode(body)
        with open(os.path.join(DIR, "received"), "ab") as file:
            file.write(f"{self.path}\n{self.headers}".encode() + body + b"\n")

    def do_GET(self):
        self.write_down(b"")
        self.handle_request()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.write_down(body)
        self.handle_request(body)


ELSEWHERE = socket.create_server(("127.0.0.2", 0)) # another host, as names of hosts go


def listen_elsewhere():
    while True:
        line, _ = ELSEWHERE.accept()
        with open(os.path.join(DIR, "elsewhere"), "ab") as file:
            file.write(b"somebody came\n")
        line.close()


def main():
    threading.Thread(target=listen_elsewhere, daemon=True).start()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{DIR}/server.pem", f"{DIR}/server.key")
    context.load_verify_locations(f"{DIR}/ca.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], ELSEWHERE.getsockname()[1], flush=True)
    sys.stdin.read()


main()
