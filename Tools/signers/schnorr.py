"""Verifies Lighter's signatures: a second implementation, with other formulas than Sources/Signing, that shares no line with it.

The curve in short Weierstrass form with Jacobian coordinates, where Sources/Signing has the complete formulas of the double-odd form.
Slow and plain: only for comparison.
"""

import base64
import json

P = 2**64 - 2**32 + 1
N = 1067993516717146951041484916571792702745057740581727230159139685185762082554198619328292418486241
A = (6148914689804861439, 263, 0, 0, 0)
ZERO, ONE = (0, 0, 0, 0, 0), (1, 0, 0, 0, 0)


def add(a, b):
    return tuple((x + y) % P for x, y in zip(a, b))


def sub(a, b):
    return tuple((x - y) % P for x, y in zip(a, b))


def mul(a, b):
    wide = [0] * 9
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            wide[i + j] += x * y
    return tuple((wide[k] + 3 * (wide[k + 5] if k < 4 else 0)) % P for k in range(5))


def scale(a, factor):
    return tuple(x * factor % P for x in a)


def power(a, exponent):
    result = ONE
    while exponent:
        if exponent & 1:
            result = mul(result, a)
        a = mul(a, a)
        exponent >>= 1
    return result


ORDER = P**5  # The field's.


def inverse(a):
    # a^(p⁴+p³+p²+p) lies beside the norm: one power of the extension, one inverse of a number.
    others = power(a, P + P**2 + P**3 + P**4)
    return scale(others, pow(mul(a, others)[0], P - 2, P))


def is_square(a):
    return a == ZERO or power(a, (ORDER - 1) // 2) == ONE


def square_root(a):
    """Tonelli and Shanks in the extension itself; none where there is none."""
    if a == ZERO:
        return a
    if not is_square(a):
        return None
    odd, twos = ORDER - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    generator = power((7, 0, 0, 0, 0), odd)
    root, rest = power(a, (odd + 1) // 2), power(a, odd)
    while rest != ONE:
        exponent, square = 0, rest
        while square != ONE:
            square, exponent = mul(square, square), exponent + 1
        factor = power(generator, 2 ** (twos - exponent - 1))
        root, generator, twos = mul(root, factor), mul(factor, factor), exponent
        rest = mul(rest, generator)
    return root


THIRD = pow(3, P - 2, P)
HALF = pow(2, P - 2, P)
SHIFT = (2 * THIRD % P, 0, 0, 0, 0)


def decode(w):
    """The point of an encoding, or none where it encodes none."""
    e = sub(mul(w, w), (2, 0, 0, 0, 0))
    root = square_root(sub(mul(e, e), (0, 4 * 263, 0, 0, 0)))
    if root is None:
        return None
    x = scale(add(e, root), HALF)
    if not is_square(x):
        x = scale(sub(e, root), HALF)
    return add(x, SHIFT), sub(ZERO, mul(w, x))


GENERATOR = decode((4, 0, 0, 0, 0))


def encode(point):
    x, y, z = point
    if z == ZERO:
        return ZERO
    inverted = inverse(z)
    square = mul(inverted, inverted)
    return sub(ZERO, mul(mul(y, mul(square, inverted)), inverse(sub(mul(x, square), SHIFT))))


def double(point):
    x, y, z = point
    if z == ZERO or y == ZERO:
        return ONE, ONE, ZERO
    yy, zz = mul(y, y), mul(z, z)
    s = scale(mul(x, yy), 4)
    m = add(scale(mul(x, x), 3), mul(A, mul(zz, zz)))
    x3 = sub(mul(m, m), scale(s, 2))
    return x3, sub(mul(m, sub(s, x3)), scale(mul(yy, yy), 8)), scale(mul(y, z), 2)


def add_affine(point, other):
    x1, y1, z1 = point
    x2, y2 = other
    if z1 == ZERO:
        return x2, y2, ONE
    zz = mul(z1, z1)
    h, r = sub(mul(x2, zz), x1), sub(mul(y2, mul(zz, z1)), y1)
    if h == ZERO:
        return double(point) if r == ZERO else (ONE, ONE, ZERO)
    hh = mul(h, h)
    hhh, v = mul(h, hh), mul(x1, hh)
    x3 = sub(sub(mul(r, r), hhh), scale(v, 2))
    return x3, sub(mul(r, sub(v, x3)), mul(y1, hhh)), mul(z1, h)


def affine(point):
    x, y, z = point
    inverted = inverse(z)
    square = mul(inverted, inverted)
    return mul(x, square), mul(y, mul(square, inverted))


class Hash:
    """Poseidon2 with the constants of the venue's reference."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            numbers = json.load(file)
        self.external = [[int(x) for x in row] for row in numbers["external_round_constants"]]
        self.internal = [int(x) for x in numbers["internal_round_constants"]]
        self.diagonal = [int(x) for x in numbers["internal_matrix_diagonal"]]
        self.matrix = [[int(x) for x in row] for row in numbers["external_matrix_4x4"]]

    def layer(self, state):
        blocks = [[sum(m * x for m, x in zip(row, state[b : b + 4])) for row in self.matrix] for b in (0, 4, 8)]
        columns = [sum(block[c] for block in blocks) for c in range(4)]
        return [(block[c] + columns[c]) % P for block in blocks for c in range(4)]

    def permute(self, state):
        state = self.layer(state)
        for row in self.external[:4]:
            state = self.layer([pow(x + c, 7, P) for x, c in zip(state, row)])
        for constant in self.internal:
            state[0] = pow(state[0] + constant, 7, P)
            total = sum(state)
            state = [(x * d + total) % P for x, d in zip(state, self.diagonal)]
        for row in self.external[4:]:
            state = self.layer([pow(x + c, 7, P) for x, c in zip(state, row)])
        return state

    def quintic(self, elements):
        state = [0] * 12
        for start in range(0, len(elements), 8):
            chunk = elements[start : start + 8]
            state[: len(chunk)] = chunk
            state = self.permute(state)
        return tuple(state[:5])


def limbs(data):
    return tuple(int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data), 8))


def accepts(hashing, key_hex, digest_hex, signature):
    """Whether `signature` (80 bytes) is that of `digest_hex` by the key."""
    point, message = decode(limbs(bytes.fromhex(key_hex))), limbs(bytes.fromhex(digest_hex))
    s, e = int.from_bytes(signature[:40], "little"), int.from_bytes(signature[40:], "little")
    if point is None or len(signature) != 80 or s >= N or e >= N:
        return False
    both = affine(add_affine((*GENERATOR, ONE), point))
    result = (ONE, ONE, ZERO)
    for bit in reversed(range(319)):
        result = double(result)
        pair = (s >> bit & 1, e >> bit & 1)
        if pair != (0, 0):
            result = add_affine(result, {(1, 0): GENERATOR, (0, 1): point, (1, 1): both}[pair])
    challenge = hashing.quintic(list(encode(result)) + list(message))
    return sum(limb << (64 * i) for i, limb in enumerate(challenge)) % N == e


def signature_of(info):
    return base64.b64decode(json.loads(info)["Sig"])
