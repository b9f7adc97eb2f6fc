#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""csr.py DIR KEY NAME FORM [ARGUMENT]...: the certification request DIR/NAME.csr, octet by octet.

    openssl writes only requests that are well-formed. These are made by hand, in base64 as EST has
    them, signed by openssl with DIR/KEY.key. `csr.py --list` names the forms; forms ending in a
    colon take the arguments that stand behind it. FORM "-" reads lines "NAME FORM ARGUMENT..." from
    standard input instead.
"""
import base64
import subprocess
import sys

# ---- DER ----------------------------------------------------------------------------------


def der(tag, *contents):
    content = b"".join(contents)
    n = len(content)
    if n < 128:
        return bytes([tag, n]) + content
    size = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + n.to_bytes(size, "big") + content


def seq(*contents):
    return der(0x30, *contents)


def set_of(*contents):
    return der(0x31, *contents)


def octets(content):
    return der(0x04, content)


def bits(content, unused=0):
    return der(0x03, bytes([unused]), content)


def integer(value):
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(text):
    first, second, *rest = [int(part) for part in text.split(".")]
    out = b""
    for arc in [first * 40 + second, *rest]:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.insert(0, 0x80 | (arc & 0x7F))
        out += bytes(digits)
    return der(0x06, out)


NULL = der(0x05)
UTF8, PRINTABLE, T61, IA5, UNIVERSAL, BMP = 0x0C, 0x13, 0x14, 0x16, 0x1C, 0x1E

# ---- names --------------------------------------------------------------------------------

COMMON_NAME = "2.5.4.3"


def string(tag, text):
    coding = {UTF8: "utf-8", UNIVERSAL: "utf-32-be", BMP: "utf-16-be"}.get(tag, "latin-1")
    return der(tag, text.encode(coding) if isinstance(text, str) else text)


def ava(text, tag=UTF8, kind=COMMON_NAME):
    return seq(oid(kind), string(tag, text))


def subject(*texts, tag=UTF8):
    return seq(*[set_of(ava(text, tag)) for text in texts])


NOBODY = seq()


def other_name(kind, value):
    return der(0xA0, oid(kind), der(0xA0, value))


def upn(text, tag=UTF8):
    return other_name("1.3.6.1.4.1.311.20.2.3", string(tag, text))


def krb5(principal):
    name, realm = principal.split("@")
    parts = seq(*[string(0x1B, part) for part in name.split("/")])
    kind = der(0xA0, integer(1 if "/" not in name else 3))
    text = seq(der(0xA0, string(0x1B, realm)), der(0xA1, seq(kind, der(0xA1, parts))))
    return other_name("1.3.6.1.5.2.2", text)


def dns(text):
    return string(0x82, text)


def mail(text):
    return string(0x81, text)


# ---- extensions, attributes ---------------------------------------------------------------


def extension(kind, value, critical=False):
    return seq(oid(kind), der(0x01, b"\xff") if critical else b"", octets(value))


def san(*names):
    return extension("2.5.29.17", seq(*names))


def purposes(*kinds):
    return extension("2.5.29.37", seq(*[oid(kind) for kind in kinds]))


def application_policies(*kinds):
    return extension("1.3.6.1.4.1.311.21.10", seq(*[seq(oid(kind)) for kind in kinds]))


def usage(octet):
    unused = (octet & -octet).bit_length() - 1
    return extension("2.5.29.15", bits(bytes([octet]), unused), True)


def sid(text):
    return extension("1.3.6.1.4.1.311.25.2", seq(other_name("1.3.6.1.4.1.311.25.2.1", octets(text.encode()))))


def template(kind):
    return extension("1.3.6.1.4.1.311.21.7", seq(oid(kind), integer(100)))


def attribute(kind, *values):
    return seq(oid(kind), set_of(*values))


REQUEST, MICROSOFTS = "1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"


def asking(*extensions, kind=REQUEST):
    return attribute(kind, seq(*extensions))


CLIENT, SERVER, ANY = "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1", "2.5.29.37.0"

# ---- keys and signatures ------------------------------------------------------------------

RSA, RSA_SHA256 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"
EC, P256 = "1.2.840.10045.2.1", "1.2.840.10045.3.1.7"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
RSA_WITH = {"sha256": RSA_SHA256, "sha384": "1.2.840.113549.1.1.12", "sha1": "1.2.840.113549.1.1.5",
            "md5": "1.2.840.113549.1.1.4"}


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.PIPE, **options).stdout


class Maker:
    """Requests with one key."""

    def __init__(self, folder, key):
        self.folder = folder
        self.key = f"{folder}/{key}.key"
        self.spki = openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")
        self.is_rsa = oid(RSA) in self.spki

    def signature(self, info, digest="sha256", key=None):
        return openssl("dgst", f"-{digest}", "-sign", key or self.key, input=info)

    def algorithm(self, digest="sha256"):
        if self.is_rsa:
            return seq(oid(RSA_WITH[digest]), NULL)
        return seq(oid(ECDSA_SHA256))

    def info(self, *attributes, name=NOBODY, spki=None, version=0):
        return seq(integer(version), name, spki or self.spki, der(0xA0, *sorted(attributes)))

    def request(self, *attributes, **options):
        return self.signed(self.info(*attributes, **options))

    def signed(self, info, **options):
        algorithm = self.algorithm(options.get("digest", "sha256"))
        return seq(info, algorithm, bits(self.signature(info, **options)))

    def with_extensions(self, *extensions):
        return self.request(asking(*extensions))

    def unsigned(self, spki):
        """Of a public key that nobody here has the private one of."""
        return self.request(spki=spki)


def rsa_spki(modulus, exponent):
    return seq(seq(oid(RSA), NULL), bits(seq(integer(modulus), integer(exponent))))


def odd(size):
    """Some number of so many bits, the same each time."""
    return (1 << size) // 3 | (1 << (size - 1)) | 1


def ec_spki(point):
    return seq(seq(oid(EC), oid(P256)), bits(point))


def flipped(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def indefinite(data):
    """The outermost SEQUENCE as BER may have it."""
    return b"\x30\x80" + data[4:] + b"\x00\x00"


def padded(data):
    """Its length in more octets than it takes."""
    return b"\x30\x83\x00" + data[2:4] + data[4:]


def split_signed(m, algorithm, signature=None):
    info = m.info()
    return seq(info, algorithm, bits(signature or m.signature(info)))


def explicit_curve(m):
    whole = openssl("pkey", "-in", m.key, "-pubout", "-outform", "DER", "-ec_param_enc", "explicit")
    return m.request(spki=whole)


FORMS = {
    # names
    "plain": lambda m: m.request(),
    "cn:": lambda m, *t: m.request(name=subject(*t)),
    "cn-bmp:": lambda m, t: m.request(name=subject(t, tag=BMP)),
    "cn-t61:": lambda m, t: m.request(name=subject(t, tag=T61)),
    "cn-universal:": lambda m, t: m.request(name=subject(t, tag=UNIVERSAL)),
    "cn-printable:": lambda m, t: m.request(name=subject(t, tag=PRINTABLE)),
    "cn-nul:": lambda m, t: m.request(name=subject(t + "\0x")),
    "cn-bad-utf8:": lambda m, t: m.request(name=subject(t.encode() + b"\xff")),
    "cn-joined:": lambda m, *t: m.request(name=seq(set_of(*sorted(ava(x) for x in t)))),
    "upn:": lambda m, t: m.with_extensions(san(upn(t))),
    "upn-ia5:": lambda m, t: m.with_extensions(san(upn(t, IA5))),
    "krb5:": lambda m, t: m.with_extensions(san(krb5(t))),
    "dns:": lambda m, *t: m.with_extensions(san(*[dns(x) for x in t])),
    "dns-nul:": lambda m, t: m.with_extensions(san(dns(t + "\0.evil"))),
    "mail:": lambda m, t: m.with_extensions(san(mail(t))),
    "uri:": lambda m, t: m.with_extensions(san(string(0x86, t))),
    "ip": lambda m: m.with_extensions(san(der(0x87, bytes([127, 0, 0, 1])))),
    "other-name": lambda m: m.with_extensions(san(other_name("1.3.6.1.4.1.99999.1", string(UTF8, "x")))),
    "dns-many:": lambda m, n: m.with_extensions(san(*[dns(f"h{i}.test") for i in range(int(n))])),
    # the same thing twice
    "san-twice:": lambda m, a, b: m.with_extensions(san(upn(a)), san(upn(b))),
    "requests-twice:": lambda m, a, b: m.request(asking(san(upn(a))), asking(san(upn(b)))),
    "values-twice:": lambda m, a, b: m.request(attribute(REQUEST, seq(san(upn(a))), seq(san(upn(b))))),
    "both-kinds:": lambda m, a, b: m.request(asking(san(upn(a))), asking(san(upn(b)), kind=MICROSOFTS)),
    "microsofts:": lambda m, a: m.request(asking(san(upn(a)), kind=MICROSOFTS)),
    # extensions
    "purpose:": lambda m, *kinds: m.with_extensions(purposes(*kinds)),
    "application-policy:": lambda m, *kinds: m.with_extensions(application_policies(*kinds)),
    "usage:": lambda m, octet: m.with_extensions(usage(int(octet, 16))),
    "constraints:": lambda m, ca: m.with_extensions(
        extension("2.5.29.19", seq(der(0x01, b"\xff") if ca == "ca" else b""), True)),
    "name-constraints": lambda m: m.with_extensions(
        extension("2.5.29.30", seq(der(0xA0, seq(dns("test")))), True)),
    "policies": lambda m: m.with_extensions(extension("2.5.29.32", seq(seq(oid("2.5.29.32.0"))))),
    "policy-mappings": lambda m: m.with_extensions(
        extension("2.5.29.33", seq(seq(oid("1.3.6.1.4.1.99999.1"), oid("1.3.6.1.4.1.99999.2"))))),
    "timestamps": lambda m: m.with_extensions(extension("1.3.6.1.4.1.11129.2.4.2", octets(b"\0\0"))),
    "unknown:": lambda m, critical: m.with_extensions(
        extension("1.3.6.1.4.1.99999.7", NULL, critical == "critical")),
    "no-der": lambda m: m.with_extensions(extension("2.5.29.14", b"\x04\x7f\x00")),
    "sid:": lambda m, t: m.with_extensions(sid(t)),
    "template:": lambda m, kind: m.with_extensions(template(kind)),
    # attributes
    "attribute": lambda m: m.request(attribute("1.3.6.1.4.1.99999.3", string(UTF8, "x"))),
    "friendly-name": lambda m: m.request(attribute("1.2.840.113549.1.9.20", string(BMP, "x"))),
    "name-value:": lambda m, n, v: m.request(
        attribute("1.3.6.1.4.1.311.13.2.1", seq(string(BMP, n), string(BMP, v)))),
    "challenge:": lambda m, t: m.request(attribute("1.2.840.113549.1.9.7", string(PRINTABLE, t))),
    "change-name": lambda m: m.request(attribute("1.3.6.1.5.5.7.7.36", seq(subject("bob")))),
    # keys
    "rsa-huge": lambda m: m.unsigned(rsa_spki(odd(16384), 65537)),
    "rsa-even": lambda m: m.unsigned(rsa_spki(odd(2048) - 1, 65537)),
    "rsa-exponent:": lambda m, e: m.unsigned(rsa_spki(odd(2048), int(e))),
    "rsa-long-exponent": lambda m: m.unsigned(rsa_spki(odd(3072), odd(3071))),
    "ec-explicit": explicit_curve,
    "ec-infinity": lambda m: m.unsigned(ec_spki(b"\0")),
    "ec-off-curve": lambda m: m.unsigned(ec_spki(b"\x04" + bytes(31) + b"\x01" + bytes(31) + b"\x01")),
    # possession
    "flipped": lambda m: flipped(m.request()),
    "by:": lambda m, other: m.signed(m.info(), key=f"{m.folder}/{other}.key"),
    "key-of:": lambda m, other: m.request(spki=Maker(m.folder, other).spki),
    "digest:": lambda m, digest: m.signed(m.info(), digest=digest),
    "algorithm-of-ec": lambda m: split_signed(m, seq(oid(ECDSA_SHA256))),
    "algorithm-bare": lambda m: split_signed(m, seq(oid(RSA_SHA256))),
    "unsigned": lambda m: split_signed(m, m.algorithm(), b"\0"),
    # form
    "behind": lambda m: m.request() + b"\0",
    "inside": lambda m: seq(m.request()[4:], NULL),
    "version:": lambda m, n: m.request(version=int(n)),
    "indefinite": lambda m: indefinite(m.request()),
    "padded": lambda m: padded(m.request()),
    "cut": lambda m: m.request()[:-1],
    "odd-bits": lambda m: seq(m.info(), m.algorithm(), bits(m.signature(m.info()), 1)),
}


def write(maker, name, form, arguments):
    make = FORMS.get(form) or FORMS[form + ":"]
    with open(f"{maker.folder}/{name}.csr", "wb") as out:
        out.write(base64.b64encode(make(maker, *arguments)))


def main():
    if sys.argv[1:] == ["--list"]:
        print(*FORMS, sep="\n")
        return
    folder, key, name, *rest = sys.argv[1:]
    maker = Maker(folder, key)
    if name != "-":
        write(maker, name, rest[0], rest[1:])
        return
    for line in sys.stdin:
        one, form, *arguments = line.split()
        write(maker, one, form, arguments)


main()
