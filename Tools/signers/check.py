"""Compares Sources/Signing with independent signers, both ways. Started by Tools/signers/check.

usage: check.py SIGNBENCH TRANSACTIONS|speed      MMSIM_SHARED: the folder that holds venues/vectors
Over all kinds where there are 22 transactions or more.
"""

import base64
import ctypes
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import schnorr

SEED = int(os.environ.get("MMSIM_SEED", "1"))
ADDRESS = "0xc73c0c2538fd9b833d20933ccc88fdaa74fcb0d0"


class Ours:
    """The program that answers with our signatures."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "answer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().rstrip("\n")
        if not answer or answer == "malformed":
            raise AssertionError(f"no answer to {words[0]}: {words[2:]}")
        return answer.split(" ")


def expect(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(part) for part in what))


def ed25519(ours, rng, count):
    from bpx.base.base_account import BaseAccount
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    for _ in range(count):
        seed, message = rng.randbytes(32), rng.randbytes(rng.randrange(1, 300))
        theirs = Ed25519PrivateKey.from_private_bytes(seed)
        public, signature = ours.ask("ed25519", seed.hex(), message.hex())
        expect(base64.b64decode(public) == theirs.public_key().public_bytes_raw(), "public key of", seed.hex())
        expect(base64.b64decode(signature) == theirs.sign(message), "signature of", message.hex())
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(base64.b64decode(signature), message)
        expect(ours.ask("ed25519-verify", public, message.hex(), base64.b64encode(theirs.sign(message)).decode()) == ["true"])
        spoiled = bytearray(theirs.sign(message))
        spoiled[rng.randrange(64)] ^= 1 << rng.randrange(8)
        try:
            theirs.public_key().verify(bytes(spoiled), message)
            expect(False, "the other library accepts what was spoiled")
        except InvalidSignature:
            pass
        expect(ours.ask("ed25519-verify", public, message.hex(), base64.b64encode(spoiled).decode()) == ["false"])

    names = ["symbol", "side", "orderType", "price", "quantity", "clientId", "Zeta", "postOnly", "timeInForce", "from", "offset"]
    instructions = ["orderExecute", "orderCancel", "orderCancelAll", "balanceQuery", "fillHistoryQueryAll", "subscribe"]
    for _ in range(count):
        secret = base64.b64encode(rng.randbytes(32)).decode()
        account = BaseAccount("", secret, 5000, False)
        values = ["SOL_USDC_PERP", "98.96", "50%", str(rng.randrange(2**32)), "true", "false"]
        parameters = {name: rng.choice(values) for name in rng.sample(names, rng.randrange(len(names)))}
        instruction, stamp, window = rng.choice(instructions), rng.randrange(2**41), rng.randrange(1, 60001)
        theirs = account._sign(parameters, instruction, stamp, window)
        words = [f"{name}={value}" for name, value in parameters.items()]
        expect(ours.ask("backpack", secret, instruction, stamp, window, *words) == [theirs], instruction, parameters)
    return f"{count} messages and keys with cryptography, {count} requests with bpx-py"


def grvt(ours, rng, count):
    from eth_account import Account
    from eth_account.messages import _hash_eip191_message, encode_defunct, encode_typed_data
    from pysdk import grvt_raw_signing as signing
    from pysdk.grvt_raw_base import GrvtApiConfig, GrvtEnv
    from pysdk.grvt_raw_types import Instrument, Order, OrderLeg, OrderMetadata, Signature, TimeInForce

    numbers = {TimeInForce.GOOD_TILL_TIME: 1, TimeInForce.ALL_OR_NONE: 2, TimeInForce.IMMEDIATE_OR_CANCEL: 3, TimeInForce.FILL_OR_KILL: 4}
    environments = [GrvtEnv.PROD, GrvtEnv.TESTNET]

    def make(cls, **fields):
        value = cls.__new__(cls)
        for name, field in fields.items():
            setattr(value, name, field)
        return value

    def decimal(whole, digits):
        text = str(rng.randrange(whole))
        return text + ("." + "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, digits + 1))) if rng.random() < 0.8 else "")

    for index in range(count):
        private = rng.randbytes(32).hex()
        environment = environments[index % 2]
        account = Account.from_key(private)
        legs, instruments, words = [], {}, []
        for leg in range(1 if rng.random() < 0.7 else rng.randrange(2, 4)):
            asset, decimals = f"0x{rng.randrange(2**24):06x}", rng.choice([6, 9])
            size, price = decimal(10**6, 12), decimal(10**8, 12)
            buying, name = rng.random() < 0.5, f"I{leg}"
            instruments[name] = make(Instrument, instrument_hash=asset, base_decimals=decimals)
            legs.append(make(OrderLeg, instrument=name, size=size, limit_price=price, is_buying_asset=buying))
            words += [asset, size, decimals, price, int(buying)]
        flags = [rng.random() < 0.5 for _ in range(3)]
        force = rng.choice(list(numbers))
        nonce, expiration = rng.randrange(2**32), rng.randrange(2**62)
        sub_account = rng.randrange(2**64)
        order = make(
            Order, sub_account_id=str(sub_account), is_market=flags[0], time_in_force=force, post_only=flags[1], reduce_only=flags[2],
            legs=legs, signature=make(Signature, signer="", r="", s="", v=0, expiration=str(expiration), nonce=nonce),
            metadata=make(OrderMetadata, client_order_id="1"))
        config = make(GrvtApiConfig, env=environment, private_key=private)
        signed = signing.sign_order(order, config, account, instruments).signature
        chain = signing.CHAIN_IDS[environment]
        typed = encode_typed_data(
            signing.get_EIP712_domain_data(environment, chain), signing.EIP712_ORDER_MESSAGE_TYPE,
            signing.build_EIP712_order_message_data(order, instruments))
        digest = "0x" + _hash_eip191_message(typed).hex().removeprefix("0x")
        answer = ours.ask(
            "grvt", private, chain, sub_account, int(flags[0]), numbers[force], int(flags[1]), int(flags[2]), nonce, expiration, *words)
        expect(answer == [digest, signed.r, signed.s, str(signed.v), signed.signer], "order", index, answer, digest, signed.r, signed.s)
        expect(Account._recover_hash(bytes.fromhex(digest[2:]), vrs=(signed.v, int(answer[1], 16), int(answer[2], 16))) == account.address)
        compact = signed.r[2:] + signed.s[2:] + f"{signed.v:02x}"
        expect(ours.ask("recover", digest[2:], compact) == [account.address], "recovery", index)
    for _ in range(100):
        private, text = rng.randbytes(32).hex(), "".join(rng.choice("aZ09 \n€é") for _ in range(rng.randrange(1, 200)))
        theirs = Account.from_key(private).sign_message(encode_defunct(text=text)).signature.hex().removeprefix("0x")
        expect(ours.ask("eip191", private, text.encode().hex()) == ["0x" + theirs], "EIP-191", text)
    return f"{count} orders bit for bit with grvt-pysdk and eth_account, 100 personal messages"


class Official:
    """The signer library inside lighter-sdk."""

    def __init__(self):
        import lighter.signer_client as client

        self.client = client
        self.library = client.get_signer()

    def text(self, pointer):
        return self.client.decode_and_free(pointer)

    def new_key(self):
        result = self.library.GenerateAPIKey()
        return self.text(result.privateKey).removeprefix("0x"), self.text(result.publicKey).removeprefix("0x")

    def open(self, private, chain, api_key, account):
        # The address is never called: every nonce is given.
        error = self.text(self.library.CreateClient(b"http://127.0.0.1:9", private.encode(), chain, api_key, account))
        expect(not error, "CreateClient:", error)

    def sign(self, name, *arguments):
        result = getattr(self.library, name)(*arguments)
        error = self.text(result.err)
        expect(not error, name, arguments, error)
        return result.txType, self.text(result.txInfo), self.text(result.txHash), self.text(result.messageToSign)

    def token(self, deadline, api_key, account):
        result = self.library.CreateAuthToken(deadline, api_key, account)
        error = self.text(result.err)
        expect(not error, error)
        return self.text(result.str)


def transactions(official, rng, now):
    """Endless calls of the official signer, over all kinds: name and arguments before nonce, key and account."""
    order_type = official.client.CreateOrderTxReq
    day = 86_400_000

    def whole(bits, least=1):
        return rng.randrange(least, 2 ** rng.randrange(2, bits + 1))

    def fees():
        # An integrator's fees go with no self-trade attribute, and four attributes are the most.
        if rng.random() < 0.3:
            return [whole(40), rng.randrange(1, 10**6), rng.randrange(1, 10**6), 0, 0]
        return [0, 0, 0, rng.randrange(3), rng.randrange(2)]

    def order(market, client, ask, kind, reduce=0, base=None, expiry=None):
        force = {0: rng.randrange(3), 1: 0, 2: 0, 3: rng.randrange(3), 4: 0, 5: rng.randrange(3), 6: 1}[kind]
        base = whole(40) if base is None else base
        trigger = whole(31) if kind in (2, 3, 4, 5) else 0
        needs_expiry = kind not in (0, 1) or (kind == 0 and force != 0)
        stamp = (expiry or now + rng.randrange(1, 28) * day) if needs_expiry else 0
        return [market, client, base, whole(31), ask, kind, force, reduce, trigger, stamp]

    def group(grouping):
        market, ask, expiry, reduce = rng.randrange(200), rng.randrange(2), now + rng.randrange(1, 28) * day, 0
        parent = [market, 0, whole(40), whole(31), ask, 0, 1, 0, 0, expiry]
        stop = [market, 0, 0, whole(31), 1 - ask, 2, 0, 1, whole(31), expiry]
        profit = [market, 0, 0, whole(31), 1 - ask, 4, 0, 1, whole(31), expiry]
        if grouping == 2:
            stop[2] = profit[2] = whole(40)
        rows = {1: [parent, rng.choice([stop, profit])], 2: [stop, profit], 3: [parent, stop, profit]}[grouping]
        rng.shuffle(rows[1:])
        array = (order_type * len(rows))(*[order_type(*row) for row in rows])
        return [grouping, array, len(rows)] + fees()

    kinds = [
        lambda: ("SignCreateOrder", order(rng.randrange(200), rng.choice([0, whole(48)]), rng.randrange(2), rng.randrange(7)) + fees()),
        lambda: ("SignCancelOrder", [rng.randrange(200), whole(48)]),
        lambda: ("SignCancelAllOrders", [0, 0, rng.choice([255, rng.randrange(200)])]),
        lambda: ("SignCancelAllOrders", [1, now + rng.randrange(6 * 60_000, 10 * day), 255]),
        lambda: ("SignCancelAllOrders", [2, 0, 255]),
        lambda: ("SignModifyOrder", [rng.randrange(200), whole(48), whole(40), whole(31), rng.choice([0, whole(31)])] + fees()),
        lambda: ("SignCreateGroupedOrders", group(rng.randrange(1, 4))),
        lambda: ("SignWithdraw", [rng.randrange(1, 10), rng.randrange(2), whole(60)]),
        lambda: (
            "SignTransfer",
            [whole(40), rng.randrange(1, 10), rng.randrange(2), rng.randrange(2), whole(60), whole(40), rng.randbytes(32).hex().encode()]),
        lambda: ("SignUpdateLeverage", [rng.randrange(200), rng.randrange(1, 10001), rng.randrange(2)]),
        lambda: ("SignUpdateMargin", [rng.randrange(200), whole(60), rng.randrange(2)]),
        lambda: ("SignChangePubKey", [b"0x" + official.new_key()[1].encode()]),
        lambda: ("SignCreateSubAccount", []),
        lambda: ("SignCreatePublicPool", [rng.randrange(10**6), rng.randrange(10**9, 2**31), rng.randrange(1, 10001)]),
        lambda: ("SignUpdatePublicPool", [2**47 + rng.randrange(2**40), rng.randrange(2), rng.randrange(10**6), rng.randrange(1, 10001)]),
        lambda: ("SignMintShares", [2**47 + rng.randrange(2**40), whole(50)]),
        lambda: ("SignBurnShares", [2**47 + rng.randrange(2**40), whole(50)]),
        lambda: ("SignStakeAssets", [2**47 + rng.randrange(2**40), whole(50)]),
        lambda: ("SignUnstakeAssets", [2**47 + rng.randrange(2**40), whole(50)]),
        lambda: ("SignApproveIntegrator", [whole(40)] + [rng.randrange(10**6) for _ in range(4)] + [now + rng.randrange(1, 300) * day]),
        lambda: ("SignUpdateAccountConfig", [rng.randrange(2)]),
        lambda: ("SignUpdateAccountAssetConfig", [rng.randrange(1, 10), rng.randrange(2)]),
    ]
    while True:
        for kind in kinds:
            yield kind()


def new_clients(ours, official, rng, chain):
    clients = []
    for index in range(8):
        private, public = official.new_key()
        expect(ours.ask("lighter-key", private) == [public], "public key")
        api_key, account = 4 + index, rng.randrange(1, 2**40)
        official.open(private, chain, api_key, account)
        clients.append((private, public, chain, api_key, account))
    return clients


def lighter(ours, rng, count, constants):
    official = Official()
    now = int(time.time() * 1000)
    hashing = schnorr.Hash(constants) if constants.exists() else None
    source = transactions(official, rng, now)
    seen, plain_checked = set(), 0
    for index in range(count):
        # The library writes the chain of the client made last into every L1 message: one chain at a time.
        if index % (count // 3 + 1) == 0:
            clients = new_clients(ours, official, rng, [304, 300, 466324][index // (count // 3 + 1)])
        private, public, chain, api_key, account = rng.choice(clients)
        name, arguments = next(source)
        nonce, skip = rng.randrange(2**47 - 2), rng.randrange(2)
        if name in ("SignCreateOrder", "SignCreateGroupedOrders", "SignModifyOrder"):
            skip = 0 if arguments[-5] and sum(1 for a in arguments[-5:] if a) > 3 else skip
        before_key = [skip, nonce]
        if name == "SignModifyOrder":
            before_key = [skip, nonce, 0 if arguments[-5] else rng.choice([0, rng.randrange(1, 2**40)])]
        kind, info, digest, message = official.sign(name, *arguments, *before_key, api_key, account)
        seen.add(kind)
        verdict, our_digest, our_message, our_info = ours.ask("lighter-verify", public, kind, chain, info)
        expect(verdict == "true" and our_digest == digest and our_info == info, name, info, digest, our_digest, our_info)
        expect(our_message == (message.encode().hex() if message else "-"), "L1 message", message, our_message, info)
        # The signature spoiled, the key another: refused.
        spoiled = bytearray(schnorr.signature_of(info))
        spoiled[rng.choice([0, 40]) + rng.randrange(38)] ^= 1 << rng.randrange(8)
        fields = json.loads(info)
        fields["Sig"] = base64.b64encode(spoiled).decode()
        expect(ours.ask("lighter-verify", public, kind, chain, json.dumps(fields, separators=(",", ":")))[0] == "false", "spoiled", info)
        # Ours: the same transaction and hash, a signature of our own, the same again when asked again.
        (signed,) = ours.ask("lighter-sign", private, kind, chain, info)
        expect(ours.ask("lighter-sign", private, kind, chain, info) == [signed], "another signature the second time")
        without = {**json.loads(signed), "Sig": ""}
        expect(without == {**json.loads(info), "Sig": ""}, "another transaction", signed)
        if hashing:
            expect(schnorr.accepts(hashing, public, digest, schnorr.signature_of(signed)), "refused by the second verifier", signed)
            if index % 20 == 0:
                expect(schnorr.accepts(hashing, public, digest, schnorr.signature_of(info)), "the second verifier is wrong", info)
                expect(not schnorr.accepts(hashing, public, digest, bytes(spoiled)), "the second verifier takes anything")
            plain_checked += 1
    expect(len(seen) == 20 or count < 22, "kinds", sorted(seen))
    for index in range(50):
        private, public, chain, api_key, account = rng.choice(clients)
        deadline = now // 1000 + rng.randrange(60, 7 * 3600)
        token = official.token(deadline, api_key, account)
        expect(ours.ask("lighter-token-verify", public, token) == ["true"], token)
        (mine,) = ours.ask("lighter-token", private, deadline, account, api_key)
        expect(mine.rsplit(":", 1)[0] == token.rsplit(":", 1)[0], mine, token)
        expect(ours.ask("lighter-token-verify", public, "1" + token) == ["false"], token)
    word = f"{plain_checked} of ours accepted by the second verifier" if hashing else "second verifier skipped: no constants in MMSIM_SHARED"
    return f"{count} transactions of {len(seen)} kinds with lighter-sdk's signer, 50 tokens; {word}"


def median_microseconds(body, repeats):
    """The middle of 21 batches, CPU time of this thread: what the library computes elsewhere is not counted."""
    batches = []
    for _ in range(21):
        start = time.thread_time_ns()
        for index in range(repeats):
            body(index)
        batches.append((time.thread_time_ns() - start) / repeats / 1000)
    return sorted(batches)[10]


def speed(program):
    """Our times beside those of the other signers, in one run."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from eth_account import Account

    official = Official()
    official.open(official.new_key()[0], 304, 4, 65)
    expiry = int(time.time() * 1000) + 86_400_000
    order = [1, 1, 1000, 405000, 1, 0, 1, 0, 0, expiry, 0, 0, 0, 0, 0, 0]
    ed25519_key, account = Ed25519PrivateKey.from_private_bytes(bytes(32)), Account.from_key("01" * 32)
    theirs = {
        "lighter sign": ("lighter-sdk", median_microseconds(lambda index: official.sign("SignCreateOrder", *order, index, 4, 65), 20)),
        "backpack sign": ("cryptography", median_microseconds(lambda _: ed25519_key.sign(bytes(200)), 100)),
        "grvt sign": ("eth_account, digest given", median_microseconds(lambda _: account.unsafe_sign_hash(bytes(32)), 5)),
    }
    lines = subprocess.run([program, "bench"], capture_output=True, text=True, check=True).stdout.splitlines()
    print(f"{'CPU time, microseconds':<24}{'ours':>8}{'theirs':>10}{'ratio':>8}")
    for row in map(json.loads, lines):
        name, ours = row["name"], row["microseconds"]
        if name in theirs:
            library, other = theirs[name]
            print(f"{name:<24}{ours:>8.1f}{other:>10.1f}{other / ours:>8.1f}  {library}")
        else:
            print(f"{name:<24}{ours:>8.1f}")


def main():
    program, what = sys.argv[1:]
    if what == "speed":
        return speed(program)
    count = int(what)
    shared = Path(os.environ.get("MMSIM_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared"))
    constants = shared / "venues" / "vectors" / "lighter-poseidon2-constants.json"
    failed = 0
    for name, check in [("ed25519", ed25519), ("grvt", grvt), ("lighter", lambda o, r, c: lighter(o, r, c, constants))]:
        try:
            print(f"{name}: ok, {check(Ours(program), random.Random(SEED), count)}")
        except AssertionError as error:
            failed += 1
            print(f"{name}: FAILED with seed {SEED}: {error}")
    sys.exit(1 if failed else 0)


main()
