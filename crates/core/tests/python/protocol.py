"""The protocol, written a second time from its document alone: encoding, labels, identities, links, keys, the log.

Standard library and `cryptography` only. It reads and checks; it is no client.
"""

import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FRAME_SIZES = (512, 2048, 8192, 32768)


class Refused(Exception):
    """Bytes that no honest program writes."""


# --- 2 Encoding


def encode(value):
    """Deterministic CBOR of ints, bytes, texts, booleans, None and lists."""
    if value is None:
        return b"\xf6"
    if value is False:
        return b"\xf4"
    if value is True:
        return b"\xf5"
    if isinstance(value, int):
        return _head(0, value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    return _head(4, len(value)) + b"".join(encode(item) for item in value)


def record(*fields):
    """A record: absent fields at its end are left out."""
    fields = list(fields)
    while fields and fields[-1] is None:
        fields.pop()
    return fields


def _head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for extra, length in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * length:
            return bytes([major << 5 | extra]) + number.to_bytes(length, "big")
    raise Refused("number too large")


def decode(data, limit=65536):
    """The one value in `data`; refuses everything that `encode` would not have written."""
    if len(data) > limit:
        raise Refused("too large")
    value, end = _decode(data, 0)
    if end != len(data):
        raise Refused("trailing bytes")
    if encode(value) != data:
        raise Refused("not canonical")
    return value


def _decode(data, at):
    if at >= len(data):
        raise Refused("too short")
    major, extra = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        simple = {20: False, 21: True, 22: None}
        if extra not in simple:
            raise Refused("unknown simple value")
        return simple[extra], at
    if extra >= 28:
        raise Refused("indefinite length")
    if extra >= 24:
        length = 1 << extra - 24
        number = int.from_bytes(data[at : at + length], "big")
        at += length
    else:
        number = extra
    if major == 0:
        return number, at
    if major in (2, 3):
        content = data[at : at + number]
        if len(content) != number:
            raise Refused("too short")
        return (content if major == 2 else content.decode()), at + number
    if major == 4:
        items = []
        for _ in range(number):
            item, at = _decode(data, at)
            items.append(item)
        return items, at
    raise Refused("unknown major type")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(data) != text:
        raise Refused("not base64url")
    return data


def pad(text, length):
    if len(text) >= length:
        raise Refused("too large")
    return text + b"\x80" + bytes(length - len(text) - 1)


def unpad(padded):
    text = padded.rstrip(b"\0")
    if not text.endswith(b"\x80"):
        raise Refused("bad padding")
    return text[:-1]


def frame_size(length):
    for size in FRAME_SIZES:
        if length <= size:
            return size
    raise Refused("too large")


def split_frame(frame):
    if len(frame) not in FRAME_SIZES or frame[0] not in (1, 2, 3, 4):
        raise Refused("no frame")
    return frame[0], frame[1:]


# --- 1 Notation, 3 Labels


def label(name):
    return b"DiscordOpus/v1/" + name.encode()


def H(name, *parts):
    text = label(name)
    return hashlib.sha256(bytes([len(text)]) + text + b"".join(parts)).digest()


def X(key, name, context=b"", length=32):
    return HKDFExpand(hashes.SHA256(), length, label(name) + context).derive(key)


def E(name, secret):
    return hmac.new(label(name), secret, hashlib.sha256).digest()


def sign(seed, name, data):
    return Ed25519PrivateKey.from_private_bytes(seed).sign(label(name) + b"\0" + data)


def public(seed):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def verify(key, name, data, signature):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, label(name) + b"\0" + data)
    except InvalidSignature:
        return False
    return True


def u32(number):
    return number.to_bytes(4, "big")


def u64(number):
    return number.to_bytes(8, "big")


# --- 5 Identities


def member_id(ik):
    return H("member", ik)


def open_card(signed):
    data, signature = signed
    version, group, ik, olm, name, created = decode(data, 184)
    if version != 1 or not verify(ik, "card", data, signature):
        raise Refused("bad card")
    return {"group": group, "ik": ik, "olm": olm, "name": name, "created": created, "hash": H("card-hash", data)}


def open_prekeys(signed, ik):
    data, signature = signed
    fields = decode(data, 4588)
    version, _group, member, _seq, xwing, _fallback, one_time, _mailbox, relays, _expires = fields
    members = [entry[0] for entry in one_time]
    if version != 1 or member != member_id(ik) or members != sorted(set(members)) or len(xwing) != 1216:
        raise Refused("bad prekeys")
    if len(relays) > 4 or not verify(ik, "prekeys", data, signature):
        raise Refused("bad prekeys")
    return fields


def open_profile(signed, ik):
    data, signature = signed
    fields = decode(data, 12_466)
    version, _group, member, _count, _changed, name = fields[:6]
    if version != 1 or member != member_id(ik) or not 0 < len(name.encode()) <= 50 or len(fields) not in (6, 7):
        raise Refused("bad profile")
    if len(fields) == 7 and not is_picture(fields[6]):
        raise Refused("bad profile")
    if not verify(ik, "profile", data, signature):
        raise Refused("bad profile")
    return fields


def is_picture(data):
    begins = data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or (data[:4], data[8:12]) == (b"RIFF", b"WEBP")
    return begins and len(data) <= 12_288


def safety_number(a, b):
    a, b = sorted((a, b))
    data = H("safety-number", a, b, b"\0") + H("safety-number", a, b, b"\1")
    groups = (int.from_bytes(data[at : at + 5], "big") % 100_000 for at in range(0, 60, 5))
    return " ".join(f"{group:05}" for group in groups)


def approval_code(card_hash):
    number = int.from_bytes(H("approval-code", card_hash)[:8], "big") % 10**12
    digits = f"{number:012}"
    return " ".join(digits[at : at + 4] for at in (0, 4, 8))


# --- 8 Invites, 9 Joining


def invite_keys(secret):
    key = E("invite", secret)
    seed = X(key, "invite-signing")
    return {
        "extracted": key,
        "seed": seed,
        "ipk": public(seed),
        "invite_id": H("invite-id", public(seed))[:16],
        "join_box": X(key, "join-box"),
        "mailbox": X(key, "join-mailbox", length=16),
    }


def open_link(code):
    data = unbase64url(code)
    checked, checksum = data[:-4], data[-4:]
    if H("link-checksum", checked)[:4] != checksum:
        raise Refused("damaged")
    if checked[0] != 1:
        raise Refused("unknown version")
    names = ("secret", "group", "fingerprint", "group_name", "inviter_name", "expires", "relays")
    return dict(zip(names, decode(checked[1:]), strict=True))


def proof_statement(group, invite, card_hash, asked):
    return group + invite + card_hash + u64(asked)


def check_proof(proof, group, ipk, card):
    asked, by_invite, by_card = proof
    statement = proof_statement(group, H("invite-id", ipk)[:16], card["hash"], asked)
    return verify(ipk, "join-proof-invite", statement, by_invite) and verify(
        card["ik"], "join-proof-card", statement, by_card
    )


def open_join_request(join_box, frame):
    kind, body = split_frame(frame)
    salt, sealed = body[:16], body[16:]
    keys = X(join_box, "join-request-key", salt, 44)
    return unpad(AESGCM(keys[:32]).decrypt(keys[32:], sealed, bytes([kind]) + salt))


def presence_mailbox(mailbox):
    return H("presence", mailbox)[:16]


# --- 11 Sender keys, 12 Messages


def chain_id(chain):
    """The id of a chain from everything that it commits to."""
    commitment = X(chain["first_key"], "ck-commit")
    return commitment, H(
        "chain",
        chain["group"],
        chain["sender"],
        u64(chain["generation"]),
        chain["roster_hash"],
        chain["heads_hash"],
        chain["signing_public"],
        commitment,
    )


class SenderChain:
    """The receiving side of a chain."""

    def __init__(self, chain):
        self.chain = chain
        self.id = chain_id(chain)[1]
        self.key = chain["first_key"]
        self.next = 0
        self.skipped = {}

    def keys(self, index, header):
        """The message secret, key and nonce of an index; moves on."""
        while self.next <= index:
            self.skipped[self.next] = self.key, X(self.key, "ms", u32(self.next))
            self.key = X(self.key, "ck")
            self.next += 1
        chain_key, secret = self.skipped.pop(index)
        keys = X(secret, "mk", H("hdr", header), 44)
        return chain_key, secret, keys[:32], keys[32:]

    def header(self, index, random):
        chain = self.chain
        parts = chain["group"], self.id, chain["sender"], chain["roster_hash"]
        return label("msg") + b"\1" + b"".join(parts) + u32(index) + random

    def open(self, frame):
        """Everything about a message, its payload last."""
        kind, body = split_frame(frame)
        version, chain, index, random, sealed, signature = decode(body)
        if kind != 1 or version != 1 or chain != self.id or index >= 1000:
            raise Refused("no message of this chain")
        header = self.header(index, random)
        signed = header + H("ct", sealed)
        if not verify(self.chain["signing_public"], "msg-sign", signed, signature):
            raise Refused("bad signature")
        if index < self.next and index not in self.skipped:
            raise Refused("replay")
        chain_key, secret, key, nonce = self.keys(index, header)
        payload = unpad(AESGCM(key).decrypt(nonce, sealed, header))
        return {
            "chain_key": chain_key,
            "message_secret": secret,
            "random": random,
            "header": header,
            "header_hash": H("hdr", header),
            "key": key,
            "nonce": nonce,
            "ciphertext_hash": H("ct", sealed),
            "signature": signature,
            "message_id": H("message-id", body),
            "payload": payload,
        }

    def seal(self, seed, index, random, payload):
        """The frame that an honest sender writes."""
        width = 1 if index < 24 else 2 if index < 256 else 3
        around = 139 + width
        size = frame_size(len(payload) + 1 + around)
        header = self.header(index, random)
        _, _, key, nonce = self.keys(index, header)
        sealed = AESGCM(key).encrypt(nonce, pad(payload, size - around), header)
        signature = sign(seed, "msg-sign", header + H("ct", sealed))
        return b"\1" + encode([1, self.id, index, random, sealed, signature])
