"""Sections 6 and 7 of the protocol document: reading ops, and what a set of them means."""

from protocol import H, Refused, check_proof, decode, member_id, open_card, verify

CREATE, INVITE, REVOKE, ADMIT, REMOVE, LEAVE, RENAME = range(1, 8)
CREATOR, ADMIN, MEMBER = 1, 2, 3


class Op:
    """An op, read from its bytes."""

    def __init__(self, data):
        self.content, self.signature = decode(data, 16384)
        fields = decode(self.content, 16384)
        version, self.group, self.author, self.seq, self.prev, self.deps, self.kind, body = fields
        if version != 1 or self.deps != sorted(set(self.deps)) or (self.seq == 0) != (self.prev is None):
            raise Refused("bad op")
        self.id = H("op", self.content)
        self.body = decode(body, 16384)
        self.parents = self.deps + ([self.prev] if self.prev else [])
        self.card = None
        if self.kind == CREATE:
            if H("group", body) != self.group:
                raise Refused("not this group's genesis")
            self.card = open_card(self.body[2])
        elif self.kind == ADMIT:
            self.card = open_card(self.body[1])


class Log:
    """A set of ops that holds the past of each of them."""

    def __init__(self, all_bytes):
        self.ops = {}
        self.past = {}
        self.depth = {}
        for data in all_bytes:
            op = Op(data)
            if any(parent not in self.ops for parent in op.parents):
                raise Refused("missing parents")
            self.ops[op.id] = op
            self.past[op.id] = set(op.parents).union(*(self.past[parent] for parent in op.parents))
            self.depth[op.id] = max((self.depth[parent] + 1 for parent in op.parents), default=0)
        self.check_signatures()

    def check_signatures(self):
        for op in self.ops.values():
            cards = [self.ops[past].card for past in self.past[op.id] | {op.id} if self.ops[past].card]
            keys = [card["ik"] for card in cards if member_id(card["ik"]) == op.author]
            if not keys or not verify(keys[0], "op-sign", op.content, op.signature):
                raise Refused("bad signature")

    def ordered(self):
        return sorted(self.ops.values(), key=lambda op: (self.depth[op.id], op.id))

    def heads(self):
        parents = {parent for op in self.ops.values() for parent in op.parents}
        return sorted(set(self.ops) - parents)

    def state(self):
        """The members, former members, void admissions and the name."""
        order = self.ordered()
        genesis = order[0]
        creator, policy = genesis.author, genesis.body[4]
        role = lambda author: CREATOR if author == creator else MEMBER  # noqa: E731
        forks = self.forks()
        if creator in forks:
            raise Refused("forked groups are not part of these vectors")
        removals = []

        def stands(op):
            if op.seq >= forks.get(op.author, op.seq + 1):
                return False
            for removal in removals:
                if removal.body[0] == op.author:
                    cut = removal.body[1] + [None, None]
                    last = cut[0][1] if cut[0] else None
                    if last is None or (op.id != last and op.id not in self.past[last]):
                        return False
            return True

        for op in order:
            if op.kind == REMOVE and role(op.author) == CREATOR and op.body[0] != creator and stands(op):
                removals.append(op)
        admits, cards, invites, void, left, name = {}, {creator: genesis.card}, {}, {}, set(), genesis.body[3]
        for op in order:
            was_in = op.author == creator or any(admit in self.past[op.id] for admit in admits.get(op.author, ()))
            counts = was_in and stands(op)
            if op.kind == INVITE and counts and role(op.author) <= policy:
                invite = H("invite-id", op.body[0])[:16]
                if invite not in invites:
                    invites[invite] = {"op": op, "used": set()}
            elif op.kind == ADMIT:
                member = member_id(op.card["ik"])
                reason = self.why_void(op, invites, counts, member, stands, role)
                if reason:
                    void.setdefault(member, reason)
                else:
                    invites[op.body[0]]["used"].add(member)
                    admits.setdefault(member, []).append(op.id)
                    cards.setdefault(member, op.card)
            elif op.kind == LEAVE and was_in:
                left.add(op.author)
            elif op.kind == RENAME and counts and role(op.author) <= ADMIN:
                name = op.body[0]
        out = left | {removal.body[0] for removal in removals}
        return {
            "name": name,
            "members": sorted((m, role(m), card["hash"]) for m, card in cards.items() if m not in out),
            "former": sorted(m for m in cards if m in out),
            "void": sorted((m, reason) for m, reason in void.items() if m not in cards),
        }

    def forks(self):
        seen, forks = {}, {}
        for op in self.ops.values():
            if seen.setdefault((op.author, op.seq), op.id) != op.id:
                forks[op.author] = min(op.seq, forks.get(op.author, op.seq))
        return forks

    def why_void(self, op, invites, counts, member, stands, role):
        if not counts:
            return "Sponsor"
        invite = invites.get(op.body[0])
        if not invite or invite["op"].id not in self.past[op.id] or op.body[3] > invite["op"].body[4]:
            return "InviteVoid"
        if not check_proof(op.body[2], op.group, invite["op"].body[0], op.card):
            raise Refused("bad join proof")
        for other in self.ops.values():
            if other.kind == REVOKE and other.body[0] == op.body[0] and op.id not in self.past[other.id]:
                if stands(other) and (role(other.author) <= ADMIN or other.author == invite["op"].author):
                    return "InviteRevoked"
        max_uses = invite["op"].body[5]
        if max_uses is not None and len(invite["used"]) >= max_uses and member not in invite["used"]:
            return "InviteUsed"
        return None


def roster_hash(group, members):
    return H("roster", group, *(member + bytes([role]) + card_hash for member, role, card_hash in members))


def heads_hash(heads):
    return H("heads", *heads)
