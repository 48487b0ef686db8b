"""The two layers around a sender key: HPKE over X-Wing (RFC 9180) and Olm, as far as their vectors need them."""

import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol import Refused

SUITE = b"HPKE" + bytes.fromhex("647a00010002")


def x25519(secret, public):
    return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))


def x25519_public(secret):
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def has_ml_kem():
    """Whether this version of `cryptography`, and what it is linked to, knows ML-KEM."""
    try:
        from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

        MLKEM768PrivateKey.from_seed_bytes(bytes(64))
    except Exception:  # Which one depends on the version.
        return False
    return True


def _xwing_keys(secret):
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

    expanded = hashlib.shake_256(secret).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), expanded[64:]


def xwing_public(secret):
    """The public key of a 32-byte X-Wing private key."""
    lattice, curve = _xwing_keys(secret)
    return lattice.public_key().public_bytes_raw() + x25519_public(curve)


def xwing_open(secret, encapsulated):
    """The shared secret of an X-Wing encapsulation (draft-connolly-cfrg-xwing-kem)."""
    lattice, curve = _xwing_keys(secret)
    ct_lattice, ct_curve = encapsulated[:1088], encapsulated[1088:]
    parts = lattice.decapsulate(ct_lattice), x25519(curve, ct_curve), ct_curve, x25519_public(curve), b"\\.//^\\"
    return hashlib.sha3_256(b"".join(parts)).digest()


def _extract(salt, name, ikm):
    return hmac.new(salt or bytes(32), b"HPKE-v1" + SUITE + name + ikm, hashlib.sha256).digest()


def _expand(secret, name, info, length):
    info = length.to_bytes(2, "big") + b"HPKE-v1" + SUITE + name + info
    return HKDFExpand(hashes.SHA256(), length, info).derive(secret)


def hpke_open(secret, sealed, info, aad):
    """Single-shot Base mode."""
    shared = xwing_open(secret, sealed[:1120])
    context = b"\0" + _extract(b"", b"psk_id_hash", b"") + _extract(b"", b"info_hash", info)
    key_secret = _extract(shared, b"secret", b"")
    key = _expand(key_secret, b"key", context, 32)
    nonce = _expand(key_secret, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, sealed[1120:], aad)


def _fields(data):
    """Olm's own framing: tag, then a number or a length and bytes."""
    at, fields = 0, {}
    while at < len(data):
        tag, at = data[at], at + 1
        number, shift = 0, 0
        while True:
            byte, at = data[at], at + 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        if tag & 7 == 2:
            fields[tag >> 3], at = data[at : at + number], at + number
        else:
            fields[tag >> 3] = number
    return fields


def _hkdf(key, salt, info, length):
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)


def olm_open_first(identity, one_time, peer_identity, message):
    """The plaintext of a message that opens a session (or of one behind it, before the first answer)."""
    if message[0] != 3:
        raise Refused("not an Olm message")
    outer = _fields(message[1:])
    used, base, opener, inner = outer[1], outer[2], outer[3], outer[4]
    if used != x25519_public(one_time) or opener != peer_identity or inner[0] != 3:
        raise Refused("other keys")
    shared = x25519(one_time, opener) + x25519(identity, base) + x25519(one_time, base)
    chain = _hkdf(shared, b"", b"OLM_ROOT", 64)[32:]
    fields = _fields(inner[1:-8])
    for _ in range(fields.get(2, 0)):
        chain = hmac.new(chain, b"\2", hashlib.sha256).digest()
    message_key = hmac.new(chain, b"\1", hashlib.sha256).digest()
    keys = _hkdf(message_key, b"", b"OLM_KEYS", 80)
    if hmac.new(keys[32:64], inner[:-8], hashlib.sha256).digest()[:8] != inner[-8:]:
        raise Refused("bad MAC")
    decryptor = Cipher(algorithms.AES256(keys[:32]), modes.CBC(keys[64:])).decryptor()
    padded = decryptor.update(fields[4]) + decryptor.finalize()
    return padded[: -padded[-1]]
