# SPDX-License-Identifier: BSD-2-Clause
"""Bytes on the wire: build and read IP/TCP/ICMP packets, read and write capture files."""

import socket
import struct
from dataclasses import dataclass

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

ETH_IPV4 = 0x0800
ETH_IPV6 = 0x86DD

PCAP_MAGIC_NS = 0xA1B23C4D
PCAP_MAGIC_US = 0xA1B2C3D4
LINKTYPE_ETHERNET = 1


def is_v6(address):
    return ':' in address


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if is_v6(address) else socket.AF_INET, address)


def endpoint(address, port):
    return f'[{address}]:{port}' if is_v6(address) else f'{address}:{port}'


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip(src, dst, protocol, payload, ttl=64, ipid=0, df=True, tos=0, flow_label=0):
    """An IPv4 or IPv6 packet, whichever the addresses are."""
    if is_v6(src):
        first = 6 << 28 | tos << 20 | flow_label
        return struct.pack('>IHBB', first, len(payload), protocol, ttl) + packed(src) + packed(
            dst) + payload
    head = struct.pack('>BBHHHBBH', 0x45, tos, 20 + len(payload), ipid, 0x4000 if df else 0, ttl,
                       protocol, 0) + packed(src) + packed(dst)
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + payload


def pseudo_header(src, dst, protocol, length):
    if is_v6(src):
        return packed(src) + packed(dst) + struct.pack('>II', length, protocol)
    return packed(src) + packed(dst) + struct.pack('>BBH', 0, protocol, length)


def tcp(src, sport, dst, dport, flags, seq=0, ack=0, win=0, options=b'', payload=b'', **ip_fields):
    """A TCP segment inside its IP packet."""
    options += b'\x01' * (-len(options) % 4)
    offset = (20 + len(options)) // 4 << 4
    head = struct.pack('>HHIIBBHHH', sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, offset,
                       flags, win, 0, 0)
    segment = head + options + payload
    check = checksum(pseudo_header(src, dst, 6, len(segment)) + segment)
    segment = segment[:16] + struct.pack('>H', check) + segment[18:]
    return ip(src, dst, 6, segment, **ip_fields)


def udp(src, sport, dst, dport, payload=b'', **ip_fields):
    """A UDP datagram inside its IP packet."""
    head = struct.pack('>HHHH', sport, dport, 8 + len(payload), 0)
    check = checksum(pseudo_header(src, dst, 17, 8 + len(payload)) + head + payload) or 0xFFFF
    return ip(src, dst, 17, head[:6] + struct.pack('>H', check) + payload, **ip_fields)


def crc32c(data):
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF


def sctp(src, sport, dst, dport, tag, *chunks, **ip_fields):
    """An SCTP packet of (type, flags, value) chunks inside its IP packet."""
    body = b''
    for kind, flags, value in chunks:
        body += struct.pack('>BBH', kind, flags, 4 + len(value)) + value + bytes(-len(value) % 4)
    head = struct.pack('>HHI', sport, dport, tag)
    check = struct.pack('<I', crc32c(head + bytes(4) + body))
    return ip(src, dst, 132, head + check + body, **ip_fields)


def sctp_init(tag, window=65536, streams=10, tsn=1):
    """The value of an INIT or INIT ACK without parameters."""
    return struct.pack('>IIHHI', tag, window, streams, streams, tsn)


def icmp_error(src, dst, kind, code, quoted, rest=0, **ip_fields):
    """An ICMPv4 error that quotes the packet `quoted`."""
    body = struct.pack('>BBHI', kind, code, 0, rest) + quoted[:548]
    body = body[:2] + struct.pack('>H', checksum(body)) + body[4:]
    ip_fields.setdefault('tos', 0xC0)
    ip_fields.setdefault('df', False)
    ip_fields.setdefault('ipid', 4242)
    return ip(src, dst, 1, body, **ip_fields)


def option_timestamps(value, echo):
    return struct.pack('>BBBBII', 1, 1, 8, 10, value & 0xFFFFFFFF, echo)


@dataclass
class Packet:
    """One TCP segment, or the one an ICMP error quotes (then `icmp` is (type, code))."""
    src: str = ''
    dst: str = ''
    sport: int = 0
    dport: int = 0
    seq: int = 0
    ack: int = 0
    flags: int = 0
    win: int = 0
    options: bytes = b''
    length: int = 0
    payload: bytes = b''
    ttl: int = 0
    ipid: int = 0
    tos: int = 0
    icmp: tuple = None
    raw: bytes = b''

    def shape(self):
        """The flags in letters: S SA A D F DF R RA, or I for an ICMP error."""
        if self.icmp:
            return 'I'
        text = 'S' if self.flags & SYN else ''
        text += 'D' if self.length and not self.flags & (SYN | RST) else ''
        text += 'F' if self.flags & FIN else ''
        text += 'R' if self.flags & RST else ''
        if self.flags & ACK and (not text or self.flags & (SYN | RST)):
            text += 'A'
        return text


def parse_tcp(packet, data):
    if len(data) < 8:
        return None
    packet.sport, packet.dport, packet.seq = struct.unpack('>HHI', data[:8])
    if len(data) >= 20:
        packet.ack, offset, packet.flags, packet.win = struct.unpack('>IBBH', data[8:16])
        head = (offset >> 4) * 4
        packet.options = data[20:head]
        packet.payload = data[head:]
    return packet


def parse_ip(data):
    """A Packet for a TCP segment or an ICMP error about one; None for anything else."""
    if len(data) < 20:
        return None
    packet = Packet(raw=data)
    if data[0] >> 4 == 4:
        head = (data[0] & 15) * 4
        total, packet.ipid = struct.unpack('>HH', data[2:6])
        packet.tos, packet.ttl, protocol = data[1], data[8], data[9]
        packet.src, packet.dst = (socket.inet_ntop(socket.AF_INET, data[i:i + 4]) for i in (12, 16))
    elif len(data) >= 40:
        head = 40
        total = 40 + struct.unpack('>H', data[4:6])[0]
        packet.tos = (data[0] & 15) << 4 | data[1] >> 4
        protocol, packet.ttl = data[6], data[7]
        packet.src, packet.dst = (socket.inet_ntop(socket.AF_INET6, data[i:i + 16])
                                  for i in (8, 24))
    else:
        return None
    body = data[head:total]
    if protocol == 6:
        parsed = parse_tcp(packet, body)
        if parsed:
            parsed.length = max(0, total - head - (body[12] >> 4) * 4 if len(body) > 12 else 0)
        return parsed
    is_error = (protocol == 1 and body[:1] in (b'\x03', b'\x0b')) or (protocol == 58 and
                                                                      body[:1] < b'\x05')
    if is_error and len(body) > 8:
        quoted = parse_ip(body[8:])
        if quoted and not quoted.icmp:
            quoted.icmp = (body[0], body[1])
            quoted.raw = data
            return quoted
    return None


def parse_frame(frame):
    kind = struct.unpack('>H', frame[12:14])[0] if len(frame) >= 14 else 0
    return parse_ip(frame[14:]) if kind in (ETH_IPV4, ETH_IPV6) else None


def is_noise(frame):
    """Neighbour discovery and multicast listener reports of IPv6: not part of any case."""
    return (len(frame) > 54 and frame[12:14] == b'\x86\xdd'
            and (frame[20] == 58 and 130 <= frame[54] <= 143 or frame[20] == 0))


def write_pcap(path, frames, snaplen=262144):
    """Write (time in ns, frame, wire bytes) triples as a nanosecond capture."""
    with open(path, 'wb') as out:
        out.write(struct.pack('<IHHiIII', PCAP_MAGIC_NS, 2, 4, 0, 0, snaplen, LINKTYPE_ETHERNET))
        for when, frame, wire_bytes in frames:
            kept = frame[:snaplen]
            out.write(struct.pack('<IIII', when // 10**9, when % 10**9, len(kept), wire_bytes))
            out.write(kept)


def read_pcap(path):
    """Read a classic Ethernet capture (either byte order, micro- or nanoseconds)."""
    with open(path, 'rb') as source:
        head = source.read(24)
        for order in '<>':
            magic = struct.unpack(order + 'I', head[:4])[0]
            if magic in (PCAP_MAGIC_NS, PCAP_MAGIC_US):
                break
        else:
            raise ValueError(f'{path}: not a classic pcap file')
        if struct.unpack(order + 'I', head[20:24])[0] != LINKTYPE_ETHERNET:
            raise ValueError(f'{path}: not an Ethernet capture')
        unit = 1 if magic == PCAP_MAGIC_NS else 1000
        frames = []
        while True:
            record = source.read(16)
            if len(record) < 16:
                return frames
            seconds, fraction, captured, wire_bytes = struct.unpack(order + 'IIII', record)
            frames.append((seconds * 10**9 + fraction * unit, source.read(captured), wire_bytes))
