#!/usr/bin/env python3
"""Checks an export of Countersign by the log's public key alone.

usage: verify.py KEY DIR [PIN]

KEY is the public key or a file with it, DIR the export, PIN a file with an
earlier checkpoint that you kept: then it also checks that history was not
rewritten since.

Written to docs/record.md and nothing else, with Python's standard library, so
that an auditor can read all of it. It checks the signature of the checkpoint,
that the records are the log's and without a gap, and that every disclosed name
and text is the one that was sealed. Exit codes: 0 holds, 1 does not hold.
"""
import base64, hashlib, json, os, sys

sha256 = lambda b: hashlib.sha256(b).digest()
unbase64 = lambda s: base64.b64decode(s, validate=True)


def unique(pairs):
    if len(pairs) != len(dict(pairs)):
        raise ValueError("a key stands twice in one object")
    return dict(pairs)


parse = lambda line: json.loads(line, object_pairs_hook=unique)


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
    public = unbase64(key64)
    if not sep or public[0] != 1 or len(public) != 33:
        raise ValueError("not a signed checkpoint, or not an Ed25519 key")
    key_hash = sha256(name.encode() + b"\n" + public)[:4]
    for line in signatures.splitlines():
        _, signer, sig64 = line.split(" ")
        sig = unbase64(sig64)
        if signer == name and sig[:4] == key_hash and ed25519(public[1:], (body + "\n").encode(), sig[4:]):
            origin, size, root = body.split("\n")
            if origin == name:
                return int(size), unbase64(root)
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


def subtrees(size):
    """The sizes of the complete subtrees that size leaves fall into."""
    return [1 << b for b in range(62, -1, -1) if size >> b & 1]


def consistent(old, old_root, size, root, proof):
    """RFC 9162, 2.1.4.2: the tree of size leaves begins with that of old."""
    proof = list(proof)
    if old & (old - 1) == 0:
        proof.insert(0, old_root)
    f, s = old - 1, size - 1
    while f & 1:
        f, s = f >> 1, s >> 1
    if old == size:
        return len(proof) == (old & (old - 1) == 0) and old_root == root
    if not proof:
        return False
    a = b = proof[0]
    for h in proof[1:]:
        if s == 0:
            return False
        if f & 1 or f == s:
            a, b = sha256(b"\x01" + h + a), sha256(b"\x01" + h + b)
            while f and not f & 1:
                f, s = f >> 1, s >> 1
        else:
            b = sha256(b"\x01" + b + h)
        f, s = f >> 1, s >> 1
    return s == 0 and (a, b) == (old_root, root)


def numbers(text, header, first, second):
    """Reads a file of hashes under two numbers: range or consistency."""
    lines = text.decode().splitlines()
    if lines[0] != header or not lines[1].startswith(first + " ") or not lines[2].startswith(second + " "):
        raise ValueError(header + ": not in this form")
    return int(lines[1][len(first) + 1:]), int(lines[2][len(second) + 1:]), [unbase64(h) for h in lines[3:]]


def check_log(read, size, root, pin):
    """Returns the index of the first leaf and the leaves of the export."""
    start, end, left = numbers(read("range"), "countersign/range/v0", "from", "to")
    if end != size or len(left) != len(subtrees(start)):
        raise ValueError("range: not one that ends at the checkpoint")
    pinned, pin_root = pin or (0, b"")
    stack, done = [], start
    for n, h in zip(subtrees(start), left):
        push(stack, n, h)
    leaves = read("records.jsonl").split(b"\n")
    if leaves.pop():
        raise ValueError("records.jsonl: the last line has no end")
    for leaf in [None] + leaves:
        if leaf is not None:
            push(stack, 1, sha256(b"\x00" + leaf))
            done += 1
        if pinned and done == pinned and root_of(stack) != pin_root:
            raise ValueError("records.jsonl: history was rewritten since the pinned checkpoint")
    if done != size or (size and root_of(stack) != root):
        raise ValueError("records.jsonl: not the records that the checkpoint signs")
    if pinned > size:
        raise ValueError("checkpoint: the pinned one is newer")
    if 0 < pinned < start:
        old, new, proof = numbers(read("consistency"), "countersign/consistency/v0", "old", "new")
        if (old, new) != (pinned, size) or not consistent(pinned, pin_root, size, root, proof):
            raise ValueError("consistency: history was rewritten since the pinned checkpoint, or the proof is for another")
    return start, leaves


def words(value):
    """All strings of a JSON value, with the ~ of committed codes left out."""
    if isinstance(value, str):
        yield value.removeprefix("~")
    elif isinstance(value, (list, dict)):
        for v in value.values() if isinstance(value, dict) else value:
            yield from words(v)


def check_disclosures(read, start, leaves):
    """Returns how many names and texts are the ones that were sealed."""
    opened, sealed = [], {}
    for line in read("disclosures.jsonl").splitlines():
        d = parse(line)
        index, value = d["index"], d.get("value", "").encode()
        if not start <= index < start + len(leaves):
            raise ValueError("disclosures.jsonl: no record %d in this export" % index)
        if "attachment" in d:
            value = read("attachments/" + d["attachment"].removeprefix("sha256:"))
            if "sha256:" + hashlib.sha256(value).hexdigest() != d["attachment"]:
                raise ValueError("attachments/%s: altered" % d["attachment"])
        made = hashlib.sha256(b"countersign/v0\x00" + bytes.fromhex(d["salt"]) + value).hexdigest()
        if made != d["commitment"]:
            raise ValueError("disclosures.jsonl: a %s of record %d is not what was sealed" % (d["label"], index))
        known = sealed.setdefault(index, set(words(parse(leaves[index - start]))))
        if d["label"] == "rest":  # a list that was cut off from the leaf; it names commitments too
            known.update(words(parse(value)))
        opened.append((index, made))
    for index, made in opened:
        if made not in sealed[index]:
            raise ValueError("disclosures.jsonl: record %d holds no commitment %s" % (index, made))
    return len(opened)


def main(key, folder, pin=None):
    def read(name):
        with open(os.path.join(folder, name), "rb") as f:
            return f.read()

    if os.path.exists(key):
        key = open(key).read()
    size, root = open_checkpoint(read("checkpoint").decode(), key.strip())
    if pin:
        pin = open_checkpoint(open(pin, encoding="utf-8").read(), key.strip())
    start, leaves = check_log(read, size, root, pin)
    n = check_disclosures(read, start, leaves)
    print("HOLDS: %d records of %d, %d names and texts" % (len(leaves), size, n))
    if not pin:
        print("No earlier checkpoint was given: this does not show whether the key's holder rewrote history.")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (ValueError, OSError, KeyError, IndexError, TypeError) as err:
        print("DOES NOT HOLD:", err)
        sys.exit(1)
