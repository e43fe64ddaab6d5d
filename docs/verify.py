#!/usr/bin/env python3
"""Checks an export of Countersign by the log's public key alone.

usage: verify.py KEY DIR

Written to docs/record.md and nothing else, with Python's standard library, so
that an auditor can read all of it. It checks the signature of the checkpoint,
that the records are the log's and without a gap, and that every disclosed name
and text is the one that was sealed. Exit codes: 0 holds, 1 does not hold.
"""
import base64, hashlib, json, os, sys

sha256 = lambda b: hashlib.sha256(b).digest()


# --- Ed25519 verification, RFC 8032, section 5.1.7 -------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P or (x == 0 and sign):
        raise ValueError("not a point")
    return P - x if x & 1 != sign else x


def point(b):
    n = int.from_bytes(b, "little")
    y, sign = n & ((1 << 255) - 1), n >> 255
    if y >= P:
        raise ValueError("not a point")
    x = recover_x(y, sign)
    return x, y, 1, x * y % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def mul(s, p):
    q = (0, 1, 1, 0)
    while s:
        if s & 1:
            q = add(q, p)
        p, s = add(p, p), s >> 1
    return q


BY = 4 * pow(5, P - 2, P) % P
BX = recover_x(BY, 0)
B = (BX, BY, 1, BX * BY % P)


def ed25519(public, message, signature):
    a, r, s = point(public), point(signature[:32]), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    u, v = mul(s, B), add(r, mul(k, a))
    return s < L and (u[0] * v[2] - v[0] * u[2]) % P == 0 and (u[1] * v[2] - v[1] * u[2]) % P == 0


# --- the log ---------------------------------------------------------------
def open_checkpoint(text, key):
    """The size and root that a signed note (C2SP signed-note) states."""
    name, _, key64 = key.split("+", 2)
    body, sep, signatures = text.partition("\n\n")
    public = base64.b64decode(key64)
    if not sep or public[0] != 1 or len(public) != 33:
        raise ValueError("not a signed checkpoint, or not an Ed25519 key")
    key_hash = sha256(name.encode() + b"\n" + public)[:4]
    for line in signatures.splitlines():
        _, signer, sig64 = line.split(" ")
        sig = base64.b64decode(sig64)
        if signer == name and sig[:4] == key_hash and ed25519(public[1:], (body + "\n").encode(), sig[4:]):
            origin, size, root = body.split("\n")
            if origin == name:
                return int(size), base64.b64decode(root)
    raise ValueError("the checkpoint is not signed by this key")


def push(stack, size, h):
    """Adds a subtree of size leaves and merges equal ones (RFC 6962, 2.1)."""
    while stack and stack[-1][0] == size:
        h, size = sha256(b"\x01" + stack.pop()[1] + h), size * 2
    stack.append((size, h))


def root_of(stack):
    h = stack[-1][1]
    for _, left in reversed(stack[:-1]):
        h = sha256(b"\x01" + left + h)
    return h


def main(key, folder):
    read = lambda name: open(os.path.join(folder, name), "rb").read()
    if os.path.exists(key):
        key = open(key).read()
    size, root = open_checkpoint(read("checkpoint").decode(), key.strip())
    lines = read("range").decode().splitlines()
    if lines[0] != "countersign/range/v0" or lines[2] != "to %d" % size:
        raise ValueError("range: not one that ends at the checkpoint")
    start, stack = int(lines[1].removeprefix("from ")), []
    left = [base64.b64decode(h) for h in lines[3:]]
    sizes = [1 << b for b in range(62, -1, -1) if start >> b & 1]
    if len(left) != len(sizes):
        raise ValueError("range: wrong number of hashes")
    for n, h in zip(sizes, left):
        push(stack, n, h)
    leaves = read("records.jsonl").split(b"\n")[:-1]
    for leaf in leaves:
        push(stack, 1, sha256(b"\x00" + leaf))
    if start + len(leaves) != size or (size and root_of(stack) != root):
        raise ValueError("records.jsonl: not the records that the checkpoint signs")
    opened, sealed_in = [], {}
    for line in read("disclosures.jsonl").splitlines():
        d = json.loads(line)
        value = d.get("value", "").encode()
        if "attachment" in d:
            value = read("attachments/" + d["attachment"].removeprefix("sha256:"))
            if "sha256:" + hashlib.sha256(value).hexdigest() != d["attachment"]:
                raise ValueError("attachments/%s: altered" % d["attachment"])
        sealed = hashlib.sha256(b"countersign/v0\x00" + bytes.fromhex(d["salt"]) + value).hexdigest()
        if sealed != d["commitment"]:
            raise ValueError("disclosures.jsonl: a %s of record %d is not what was sealed" % (d["label"], d["index"]))
        if d["label"] == "rest":  # a list that was cut off from the leaf; it names commitments too
            sealed_in[d["index"]] = sealed_in.get(d["index"], b"") + value
        opened.append((d["index"], sealed))
    for index, sealed in opened:
        if sealed.encode() not in leaves[index - start] + sealed_in.get(index, b""):
            raise ValueError("disclosures.jsonl: record %d holds no commitment %s" % (index, sealed))
    print("HOLDS: %d records of %d, %d names and texts" % (len(leaves), size, len(opened)))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2])
    except (ValueError, OSError, KeyError, IndexError) as err:
        print("DOES NOT HOLD:", err)
        sys.exit(1)
