# SPDX-License-Identifier: BSD-2-Clause
"""QUIC datagrams as peers send them: RFC 9000, 9001 and 9369, Initials sealed with their real keys."""

import hashlib
import hmac
import os
import struct

V1, V2, DRAFT_29 = 0x00000001, 0x6b3343cf, 0xff00001d
SALTS = {V1: '38762cf7f55934b34d179ae6a4c80cadccbb7f0a',
         V2: '0dede3def700a6db819381be6e269dcbf9bd2ed9',
         DRAFT_29: 'afbfec289993d24c9e9786f19c6111e04390a899'}
INITIAL, ZERO_RTT, HANDSHAKE, RETRY = range(4)
DATAGRAM_BYTES = 1200  # the least that a client's Initial comes in


def doubled(byte):
    return (byte << 1 ^ 0x1b) & 0xff if byte & 0x80 else byte << 1


def substitutes():
    table, power, inverse = [0x63] + [0] * 255, 1, 1
    while True:
        power ^= doubled(power)
        for shift in (1, 2, 4):
            inverse ^= inverse << shift & 0xff
        inverse ^= 0x09 if inverse & 0x80 else 0
        turned = [(inverse << n | inverse >> 8 - n) & 0xff for n in range(5)]
        table[power] = turned[0] ^ turned[1] ^ turned[2] ^ turned[3] ^ turned[4] ^ 0x63
        if power == 1:
            return table


SUBSTITUTES = substitutes()


def aes_keys(key):
    words, constant = [list(key[i:i + 4]) for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        word = words[-1]
        if i % 4 == 0:
            word = [SUBSTITUTES[byte] for byte in word[1:] + word[:1]]
            word[0] ^= constant
            constant = doubled(constant)
        words.append([a ^ b for a, b in zip(words[i - 4], word)])
    return [sum(words[i:i + 4], []) for i in range(0, 44, 4)]


def aes(keys, block):
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number, key in enumerate(keys[1:], 1):
        state = [SUBSTITUTES[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < 10:
            mixed = []
            for i in range(0, 16, 4):
                column = state[i:i + 4]
                mixed += [doubled(column[j]) ^ doubled(column[(j + 1) % 4]) ^ column[(j + 1) % 4]
                          ^ column[(j + 2) % 4] ^ column[(j + 3) % 4] for j in range(4)]
            state = mixed
        state = [a ^ b for a, b in zip(state, key)]
    return bytes(state)


def multiply(x, y):
    """In GF(2^128), as NIST SP 800-38D has its bits."""
    product = 0
    for i in range(127, -1, -1):
        if x >> i & 1:
            product ^= y
        y = y >> 1 ^ (0xe1 << 120 if y & 1 else 0)
    return product


def gcm_seal(key, nonce, aad, plain):
    keys = aes_keys(key)
    stream = b''.join(aes(keys, nonce + struct.pack('>I', n + 2))
                      for n in range((len(plain) + 15) // 16))
    sealed = bytes(a ^ b for a, b in zip(plain, stream))
    hash_key, total = int.from_bytes(aes(keys, bytes(16)), 'big'), 0
    lengths = struct.pack('>QQ', 8 * len(aad), 8 * len(sealed))
    for part in (aad, sealed, lengths):
        for i in range(0, len(part), 16):
            block = part[i:i + 16].ljust(16, b'\0')
            total = multiply(total ^ int.from_bytes(block, 'big'), hash_key)
    mask = aes(keys, nonce + b'\0\0\0\1')
    return sealed + bytes(a ^ b for a, b in zip(total.to_bytes(16, 'big'), mask))


def expand(secret, label, n_bytes):
    label = b'tls13 ' + label
    info = struct.pack('>HB', n_bytes, len(label)) + label + b'\0\1'
    return hmac.digest(secret, info, 'sha256')[:n_bytes]


def varint(value):
    for n_bytes, mark in ((1, 0), (2, 1), (4, 2), (8, 3)):
        if value < 1 << 8 * n_bytes - 2:
            return (mark << 8 * n_bytes - 2 | value).to_bytes(n_bytes, 'big')
    raise ValueError(value)


def long_header(version, kind, dcid, scid, low=0):
    bits = (kind + 1) % 4 if version == V2 else kind
    return (bytes([0xc0 | bits << 4 | low]) + struct.pack('>I', version) +
            bytes([len(dcid)]) + dcid + bytes([len(scid)]) + scid)


def initial(sender, dcid, scid, frames, key_id=None, version=V1, number=0, token=b'',
            pad_to=DATAGRAM_BYTES):
    """An Initial of 'client' or 'server'; key_id: the ID that the client chose first, if not dcid."""
    salt = bytes.fromhex(SALTS[version])
    secret = hmac.digest(salt, dcid if key_id is None else key_id, hashlib.sha256)
    secret = expand(secret, f'{sender} in'.encode(), 32)
    prefix = b'quicv2 ' if version == V2 else b'quic '
    key, nonce, mask_key = (expand(secret, prefix + label, n_bytes)
                            for label, n_bytes in ((b'key', 16), (b'iv', 12), (b'hp', 16)))
    head = long_header(version, INITIAL, dcid, scid, 3) + varint(len(token)) + token
    frames += bytes(max(0, pad_to - len(head) - 2 - 4 - len(frames) - 16))
    head += struct.pack('>H', 0x4000 | 4 + len(frames) + 16) + struct.pack('>I', number)
    nonce = (int.from_bytes(nonce, 'big') ^ number).to_bytes(12, 'big')
    sealed = gcm_seal(key, nonce, head, frames)
    mask = aes(aes_keys(mask_key), sealed[:16])
    masked = bytes(a ^ b for a, b in zip(head[-4:], mask[1:5]))
    return bytes([head[0] ^ mask[0] & 0x0f]) + head[1:-4] + masked + sealed


def handshake(dcid, scid, version=V1, n_bytes=200):
    """What only the two ends can read."""
    return long_header(version, HANDSHAKE, dcid, scid) + varint(n_bytes) + os.urandom(n_bytes)


def short(dcid, n_bytes):
    """The same of an open connection; also a stateless reset, where dcid is none."""
    return (bytes([0x40 | os.urandom(1)[0] & 0x3f]) + dcid).ljust(1) + os.urandom(
        n_bytes - 1 - len(dcid))


def retry(dcid, scid, token=b'come back'):
    return long_header(V1, RETRY, dcid, scid) + token + os.urandom(16)


def versions(dcid, scid, *offered):
    return (b'\xc0' + bytes(4) + bytes([len(dcid)]) + dcid + bytes([len(scid)]) + scid +
            b''.join(struct.pack('>I', version) for version in offered))


def crypto(data):
    return b'\6' + varint(0) + varint(len(data)) + data


def ack(largest=0):
    return b'\2' + varint(largest) + varint(0) + varint(0) + varint(largest)


def close(code, reason=b'', frame=0):
    return b'\x1c' + varint(code) + varint(frame) + varint(len(reason)) + reason
