"""Derives the frozen vectors again with nothing but the protocol document; fails loudly where they differ.

    python3 check_vectors.py ../vectors
"""

import json
import pathlib
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import log as membership
import protocol as p
import sealed as s


def raw(text):
    return bytes.fromhex(text)


def same(what, made, frozen):
    if isinstance(made, bytes):
        made = made.hex()
    if made != frozen:
        raise SystemExit(f"{what}:\n  derived {made}\n  frozen  {frozen}")


def refused(what, work):
    try:
        work()
    except p.Refused:
        return
    raise SystemExit(f"{what}: was not refused")


def primitives(v):
    names = [text.removeprefix("DiscordOpus/v1/") for text in v["labels"]]
    same("labels differ from each other", len(set(names)), len(names))
    name = lambda entry: entry["label"].removeprefix("DiscordOpus/v1/")  # noqa: E731
    for entry in v["hash"]:
        same(entry["label"], p.H(name(entry), raw(entry["input"])), entry["output"])
    for entry in v["expand"]:
        made = p.X(raw(entry["key"]), name(entry), raw(entry["context"]), entry["length"])
        same(entry["label"], made, entry["output"])
    for entry in v["extract"]:
        same(entry["label"], p.E(name(entry), raw(entry["secret"])), entry["output"])
    for entry in v["sign"]:
        seed, data = raw(entry["seed"]), raw(entry["bytes"])
        same(entry["label"], p.public(seed), entry["public"])
        same(entry["label"], p.sign(seed, name(entry), data), entry["signature"])
        assert p.verify(p.public(seed), name(entry), data, raw(entry["signature"]))
        assert not p.verify(p.public(seed), "other", data, raw(entry["signature"]))
    for entry in v["base64url"]:
        same("base64url", p.base64url(raw(entry["bytes"])), entry["text"])
        same("base64url", p.unbase64url(entry["text"]), entry["bytes"])
    for entry in v["pad"]:
        same("padding", p.pad(raw(entry["text"]), entry["length"]), entry["padded"])
        same("padding", p.unpad(raw(entry["padded"])), entry["text"])
    same("frame sizes", list(p.FRAME_SIZES), v["frame_sizes"])
    p.decode(raw(v["canonical"]["accepted"]))
    for entry in v["canonical"]["refused"]:
        refused(entry["why"], lambda entry=entry: distribution_body(raw(entry["bytes"])))


def distribution_body(data):
    fields = p.decode(data)
    if len(fields) != 2 or not all(isinstance(field, bytes) for field in fields):
        raise p.Refused("no distribution")
    return fields


def identity(v):
    for entry in v["cards"]:
        seed = raw(entry["seed"])
        fields = [1, raw(entry["group"]), p.public(seed), raw(entry["olm"]), entry["name"], entry["created"]]
        data = p.encode(fields)
        same("card", data, entry["bytes"])
        same("card signature", p.sign(seed, "card", data), entry["signature"])
        same("signed card", p.encode([data, raw(entry["signature"])]), entry["signed"])
        card = p.open_card(p.decode(raw(entry["signed"])))
        same("card hash", card["hash"], entry["hash"])
        same("identity key", card["ik"], entry["ik"])
        same("member id", p.member_id(card["ik"]), entry["member_id"])
    for entry in v["prekeys"]:
        seed = raw(entry["seed"])
        one_time = [[raw(member), raw(key)] for member, key in entry["one_time"]]
        fields = [
            1, raw(entry["group"]), p.member_id(p.public(seed)), entry["seq"], raw(entry["xwing"]),
            raw(entry["olm_fallback"]), one_time, raw(entry["mailbox"]), entry["relays"], entry["expires"],
        ]  # fmt: skip
        data = p.encode(fields)
        same("prekeys", data, entry["bytes"])
        same("prekeys signature", p.sign(seed, "prekeys", data), entry["signature"])
        same("prekeys", p.open_prekeys(p.decode(raw(entry["signed"])), p.public(seed)), fields)
        same("member", fields[2], entry["member"])
        if s.has_ml_kem():
            same("X-Wing key", s.xwing_public(raw(entry["xwing_secret"])), entry["xwing"])
        same("topic", "r/" + p.base64url(raw(entry["mailbox"])), entry["topic"])
    for entry in v["profiles"]:
        seed = raw(entry["seed"])
        member = p.member_id(p.public(seed))
        fields = [1, raw(entry["group"]), member, entry["count"], entry["changed"], entry["name"]]
        if entry["picture"] is not None:
            fields.append(raw(entry["picture"]))
        data = p.encode(fields)
        same("profile", data, entry["bytes"])
        same("profile signature", p.sign(seed, "profile", data), entry["signature"])
        same("profile", p.open_profile(p.decode(raw(entry["signed"])), p.public(seed)), fields)
        svg = p.encode([*fields[:6], b"<svg/>"])
        signed = [svg, p.sign(seed, "profile", svg)]
        refused("a drawing", lambda signed=signed, seed=seed: p.open_profile(signed, p.public(seed)))
    number = v["safety_number"]
    a, b = map(raw, number["card_hashes"])
    same("safety number", p.safety_number(a, b), number["number"])
    same("safety number", p.safety_number(b, a), number["number"])
    code = v["approval_code"]
    same("approval code", p.approval_code(raw(code["card_hash"])), code["code"])


def state_of(what, log, group, frozen):
    state = log.state()
    same(what + ": name", state["name"], frozen["name"])
    members = [[m.hex(), role, card_hash.hex()] for m, role, card_hash in state["members"]]
    same(what + ": members", members, frozen["members"])
    same(what + ": former", [m.hex() for m in state["former"]], frozen["former"])
    same(what + ": void", [[m.hex(), reason] for m, reason in state["void"]], frozen["void"])
    same(what + ": roster hash", membership.roster_hash(group, state["members"]), frozen["roster_hash"])
    same(what + ": heads", [head.hex() for head in log.heads()], frozen["heads"])
    same(what + ": heads hash", membership.heads_hash(log.heads()), frozen["heads_hash"])


def log(v):
    genesis = raw(v["genesis"]["bytes"])
    group = p.H("group", genesis)
    same("group id", group, v["genesis"]["group_id"])
    secrets = {}
    for secret in map(raw, v["invite_secrets"]):
        keys = p.invite_keys(secret)
        secrets[keys["invite_id"]] = keys
    ops = []
    for entry in v["ops"]:
        ops.append(raw(entry["op"]))
        op = membership.Op(ops[-1])
        same("op id", op.id, entry["id"])
        same("op signature", op.signature, entry["signature"])
        content = [
            1, group, raw(entry["author"]), entry["seq"], entry["prev"] and raw(entry["prev"]),
            [raw(dep) for dep in entry["deps"]], entry["kind"], p.encode(op.body),
        ]  # fmt: skip
        same("op content", p.encode(content), entry["content"])
        if op.kind == membership.INVITE:
            ipk, join_box, mailbox, _role, _expires, _uses, _approval, proof = op.body
            keys = secrets[p.H("invite-id", ipk)[:16]]
            same("invite keys", [join_box, mailbox], [keys["join_box"], keys["mailbox"]])
            assert p.verify(ipk, "invite-proof", group + op.author, proof)
        state_of(entry["what"], membership.Log(ops), group, entry["state"])
    shortest = [op for op in ops[:4]]
    for entry in v["shortest"]:
        shortest.append(raw(entry["op"]))
        state_of(entry["what"], membership.Log(shortest), group, entry["state"])
    for what, entry in v["concurrent"].items():
        state_of(what, membership.Log(list(map(raw, entry["ops"]))), group, entry["state"])


def invite(v):
    keys = p.invite_keys(raw(v["keys"]["secret"]))
    for name in ("extracted", "ipk", "invite_id", "join_box", "mailbox"):
        same(name, keys[name], v["keys"][name])
    link = p.open_link(v["link"]["code"])
    assert v["link"]["url"].endswith("#/join/" + v["link"]["code"])
    same("secret", link["secret"], v["keys"]["secret"])
    for name in ("group", "fingerprint", "group_name", "inviter_name", "expires", "relays"):
        same(name, link[name], v["link"][name])
    same("fingerprint", p.H("link", link["group"], raw(v["link"]["inviter_card_hash"])), link["fingerprint"].hex())
    proof = v["proof"]
    statement = p.proof_statement(link["group"], keys["invite_id"], raw(proof["card_hash"]), proof["asked"])
    same("statement", statement, proof["statement"])
    by_invite = p.sign(keys["seed"], "join-proof-invite", statement)
    by_card = p.sign(raw(proof["joiner_seed"]), "join-proof-card", statement)
    same("proof", p.encode([proof["asked"], by_invite, by_card]), proof["bytes"])
    request = v["request"]
    derived = p.X(keys["join_box"], "join-request-key", raw(request["salt"]), 44)
    same("request key", derived, request["key"] + request["nonce"])
    same("request", p.open_join_request(keys["join_box"], raw(request["frame"])), request["plaintext"])
    _version, card, prekeys, join_proof = p.decode(raw(request["plaintext"]))
    card = p.open_card(card)
    p.open_prekeys(prekeys, card["ik"])
    assert p.check_proof(join_proof, link["group"], keys["ipk"], card)


def sender_keys(v):
    names = ("group", "sender", "roster_hash", "heads_hash", "signing_public", "first_key")
    chain = {name: raw(v["chain"][name]) for name in names}
    chain["generation"] = v["chain"]["generation"]
    same("signing key", p.public(raw(v["chain"]["signing_seed"])), v["chain"]["signing_public"])
    same("heads hash", membership.heads_hash(list(map(raw, v["chain"]["heads"]))), v["chain"]["heads_hash"])
    commitment, chain_id = p.chain_id(chain)
    same("commitment", commitment, v["chain"]["commitment"])
    same("chain id", chain_id, v["chain"]["chain_id"])
    distribution(v["distribution"], v["chain"], chain)
    whole = [entry for entry in v["messages"] if "frame" in entry]
    # In order, and then the second before the first.
    for order in (whole, [whole[2], whole[0], whole[1], *whole[3:]]):
        receiver = p.SenderChain(chain)
        for entry in order:
            opened = receiver.open(raw(entry["frame"]))
            for name, value in opened.items():
                same(f"message {entry['index']}: {name}", value, entry[name])
            refused("replay", lambda entry=entry: receiver.open(raw(entry["frame"])))
    changed = bytearray(raw(whole[0]["frame"]))
    changed[200] ^= 1
    refused("a changed message", lambda: p.SenderChain(chain).open(bytes(changed)))
    seed = raw(v["chain"]["signing_seed"])
    for entry in v["messages"]:
        frame = p.SenderChain(chain).seal(seed, entry["index"], raw(entry["random"]), payload(v, entry))
        same(f"message {entry['index']}: length", len(frame), entry["frame_length"])
        for name, value in p.SenderChain(chain).open(frame).items():
            if name in entry:
                same(f"message {entry['index']}: {name}", value, entry[name])


def payload(v, entry):
    at = v["chain"]["created"] + entry["index"]
    text = bytes(ord("a") + position % 26 for position in range(entry["text_length"]))
    hashes = raw(v["chain"]["heads_hash"]), raw(v["chain"]["roster_hash"])
    made = p.encode([at, *hashes, [b"\x91" * 32], at, 1, text])
    same(f"payload {entry['index']}", len(made), entry["payload_length"])
    return made


def distribution(v, frozen, chain):
    same("distribution body", p.encode([raw(frozen["chain_id"]), raw(v["sealed"])]), v["body"])
    if not s.has_ml_kem():
        print("not checked: the distribution's sealing (this `cryptography` has no ML-KEM)")
        return
    info = p.label("skdm")
    same("info", info.decode(), v["info"])
    same("X-Wing key", s.xwing_public(raw(v["recipient_secret"])), v["recipient_public"])
    opened = s.hpke_open(raw(v["recipient_secret"]), raw(v["sealed"]), info, raw(frozen["chain_id"]))
    heads = [raw(head) for head in frozen["heads"]]
    fields = [
        1, chain["group"], chain["generation"], heads, chain["signing_public"], chain["first_key"],
        frozen["created"], v["max_messages"], v["max_age"],
    ]  # fmt: skip
    same("distribution", opened, p.encode(fields).hex())


def frames(v):
    haves = [[b"\x21" * 32, [[0, 0], [24, 999]]], [b"\x22" * 32, []]]
    vector = [[[b"\x23" * 32, 300, b"\x24" * 32]], [[b"\x27" * 32, 70_000]], haves, 9]
    bodies = {
        "hello": [0, [[b"\x25" * 32], b"\x26" * 16, False]],
        "answer to a hello": [0, [[], b"\x26" * 16, True]],
        "vector": [1, vector],
        "empty data": [2, [[], []]],
        "refounded": [4, ["AbCd-_09"]],
        "declined": [3, [b"\x29" * 32, b"\x2a" * 16]],
        "vector with profiles": [1, [[], [], [], 0, [[b"\x27" * 32, 70_001]]]],
        "want profiles": [6, [[b"\x27" * 32]]],
    }
    for entry in v["sync"]:
        body = p.decode(raw(entry["bytes"]))
        if entry["what"] == "data":
            variant, ((op,), (prekeys,)) = body
            same("data", [variant, membership.Op(op).kind], [2, membership.CREATE])
            p.open_prekeys(prekeys, p.public(b"\2" * 32))
        elif entry["what"] == "profiles":
            variant, ((profile,),) = body
            same("profiles", [variant, p.open_profile(profile, p.public(b"\2" * 32))[5]], [5, "木村 ✿"])
        else:
            same(entry["what"], p.encode(bodies[entry["what"]]), entry["bytes"])
    replies = {entry["what"]: p.decode(raw(entry["bytes"])) for entry in v["join_reply"]}
    same("refused", replies["refused"], [1, []])
    same("used", replies["used"], [2, []])
    same("seen", replies["seen"], [3, []])
    same("declined", replies["declined"], [4, []])
    variant, ((op,), (prekeys,), last) = replies["welcome"]
    same("welcome", [variant, membership.Op(op).kind, last], [0, membership.INVITE, True])
    p.open_prekeys(prekeys, p.public(b"\1" * 32))
    same("receipt", p.encode([haves]), v["receipt"])
    same("receipt of reading", p.encode([haves, [b"\x2b" * 32, b"\x2c" * 32]]), v["receipt_of_reading"])
    same("chain reference", p.encode([b"\x28" * 32]), v["chain_ref"])
    calls(v)
    at, hashes = 1_790_000_000_000, (b"\x31" * 32, b"\x32" * 32)
    parents = [b"\x33" * 32, b"\x34" * 32]
    text, unknown = [at, *hashes, parents, at + 1, 1, "Grüße".encode()], [at, *hashes, [], at + 1, 65535, b"\xff"]
    same("text", p.encode(text), v["payload"][0]["bytes"])
    same("unknown kind", p.encode(unknown), v["payload"][1]["bytes"])
    same("lifetime", p.encode([*text, 3600]), v["payload"][2]["bytes"])
    target = b"\x35" * 32
    picture = files(v["file"])
    contents = {
        "reply": (9, [target, "Grüße"]),
        "edit": (2, [target, "Viele Grüße"]),
        "delete": (3, [target]),
        "reaction": (4, [target, "👍🏽", True]),
        "pin": (10, [target, True]),
        "timer": (8, [3600]),
        "timer off": (8, [0]),
        "files": (5, ["Grüße", target, [picture]]),
    }
    same("kinds of content", len(v["content"]), len(contents))
    for entry in v["content"]:
        kind, body = contents[entry["what"]]
        same(entry["what"], entry["kind"], kind)
        same(entry["what"], p.encode(body), entry["body"])
    presence = v["presence"]
    mailbox = p.presence_mailbox(raw(presence["mailbox"]))
    same("presence mailbox", mailbox, presence["presence_mailbox"])
    same("presence topic", "r/" + p.base64url(mailbox), presence["presence_topic"])
    same("presence frame", b"\4" + raw(presence["token"]) + bytes(495), presence["frame"])


def files(v):
    """A file of two chunks; gives what a message says of it."""
    plain = bytes(at % 251 for at in range(15_003))
    key = b"\x61" * 32
    chunks = [
        AESGCM(key).encrypt(bytes(8) + p.u32(i), plain[i * 15_000 : (i + 1) * 15_000], p.label("file"))
        for i in range(2)
    ]
    same("last chunk of a file", chunks[1], v["last_chunk"])
    hashes = b"".join(p.H("file-chunk", chunk) for chunk in chunks)
    same("list of chunks", hashes, v["list"])
    segments = p.H("file-segment", hashes)
    same("segments", segments, v["segments"])
    file = p.H("file-id", p.u64(15_003), segments)
    same("file id", file, v["id"])
    bodies = {
        "chunks": [0, [file, hashes, 1, [chunks[1]]]],
        "ask": [1, [file, b"\x02"]],
        "lack": [2, [file]],
        "has": [3, [file, b"\x05"]],
    }
    same("kinds of notes about files", len(v["notes"]), len(bodies))
    for entry in v["notes"]:
        same(entry["what"], p.encode(bodies[entry["what"]]), entry["body"])
    return ["Köln.webp", "image/webp", 15_003, key, segments, [1, [640, 480]]]


def calls(v):
    here = [
        b"\x51" * 16, 1_790_000_000_000, b"\x52" * 32, 700, b"\x53" * 8, b"\x54" * 16, [[2, []], False],
        [b"\x55" * 32], True,
    ]  # fmt: skip
    to, attempt = b"\x56" * 8, b"\x57" * 8
    host = "candidate:1 1 udp 1 192.0.2.1 9 typ host"
    candidates = [p.record(host, "0", 0, None), p.record(host, None, None, None)]
    bodies = {
        "here": [0, [here]],
        "described": [1, [here, to, attempt, [True, "v=0\r\n"]]],
        "found": [2, [to, attempt, candidates]],
        "left": [3, [to]],
    }
    for entry in v["call"]:
        same(entry["what"], p.encode(bodies[entry["what"]]), entry["bytes"])
    links = {
        "described": [0, [attempt, [False, "v=0\r\n"]]],
        "found": [1, [attempt, [[host, "0", 0, "pC3O"]]]],
    }
    for entry in v["link"]:
        same(entry["what"], p.encode(links[entry["what"]]), entry["bytes"])
    frames = {
        "ping": [0, [1]],
        "pong": [1, [1]],
        "typing": [2, [True]],
        "frame": [3, [70_000, True, b"ab"]],
        "confirmed": [4, [70_000]],
        "forward": [5, [b"\x63" * 32, b"ab"]],
        "want": [6, [b"\x64" * 32, 2, b"ab"]],
        "list": [7, [b"\x64" * 32, 2, b"ab"]],
        "piece": [8, [b"\x64" * 32, 70_000, b"ab"]],
        "lacking": [9, [b"\x64" * 32]],
        "stop": [10, [b"\x64" * 32]],
    }
    for entry in v["link_frame"]:
        same(entry["what"], p.encode(frames[entry["what"]]), entry["bytes"])


def pairwise(v):
    same("Curve25519 key", s.x25519_public(raw(v["ben_identity_secret"])), v["ben_curve25519"])
    same("one-time key", s.x25519_public(raw(v["ben_one_time_secret"])), v["ben_one_time"])
    route = [raw(v["group"]), raw(v["ada"]), raw(v["ben"])]
    for counter, (kind, length) in enumerate(((3, 40), (1, 1200))):
        frame = raw(v["frames"][counter])
        frame_kind, body = p.split_frame(frame)
        version, sender, olm_type, olm, fill = p.decode(body)
        same("outer frame", [frame_kind, version, sender.hex(), olm_type], [2, 1, v["ada"], 0])
        assert not any(fill) and 24 <= len(fill) <= 64
        secrets = raw(v["ben_identity_secret"]), raw(v["ben_one_time_secret"])
        padded = s.olm_open_first(*secrets, raw(v["ada_curve25519"]), olm)
        same("padded length", len(padded), (len(frame) - 67 - 160) // 16 * 16 - 1)
        inner = p.encode([1, kind, route, counter, 1, None, bytes(at % 251 for at in range(length))])
        same("inner frame", inner, v["inner"][counter])
        same("inner frame", p.unpad(padded), v["inner"][counter])


def main():
    folder = pathlib.Path(sys.argv[1])
    checks = {
        "primitives": primitives, "identity": identity, "membership": log, "invite": invite,
        "sender_keys": sender_keys, "frames": frames, "pairwise": pairwise,
    }  # fmt: skip
    for name, check in checks.items():
        check(json.loads((folder / f"{name}.json").read_text()))
        print(f"{name}: as the document says")


if __name__ == "__main__":
    main()
