#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Text of strangers on every screen: nothing of it may reach the terminal as it is.

Usage: test_strangers.py TCPWHY

A capture made here has commands for terminals, bidirectional, wide and combining characters in
every place that the screen can show: a name asked for in TLS, an HTTP reason, a mail server's
banner; and its file has such a name too. All that the program sends to the terminal is recorded.
"""

import os
import socket
import struct
import sys
import time

import terminal
from terminal import SKIPPED, Failed, have_tmux, run_cases, wait_until

TCPWHY = []

COMMANDS = b'\x1b]0;evil\x07\x1b[2J\x1b]52;c;ZXZpbA==\x07\x9b31m'
# Overriding direction, a wide character, a combining one, a zero-width joiner, no UTF-8 at all.
LETTERS = '\u202e\u2066\u6f22\u0301\u200d'.encode() + b'\xff\xfe'
HOSTILE = COMMANDS + LETTERS
TRACES = (b'\x1b]0;', b'\x1b]52;c;ZXZp', b'\x1b[2J\x1b]', b'\x9b', *(char.encode() for char in
          '\u202e\u2066\u6f22\u0301\u200d'), b'\xff', b'\xfe')

SYN, ACK, PSH, FIN, RST = 2, 16, 8, 1, 4


class Capture:
    """A pcap file of raw IPv4 packets."""

    def __init__(self, path):
        self.file = open(path, 'wb')  # pylint: disable=consider-using-with
        self.file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        self.now_us = 1700000000000000

    def packet(self, source, target, flags, seq, ack, payload=b''):
        tcp = struct.pack('>HHIIBBHHH', source[1], target[1], seq, ack, 5 << 4, flags, 64240, 0, 0)
        size = 20 + len(tcp) + len(payload)
        ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, size, seq & 0xffff, 0, 64, 6, 0,
                         socket.inet_aton(source[0]), socket.inet_aton(target[0]))
        self.now_us += 1000
        self.file.write(struct.pack('<IIII', *divmod(self.now_us, 1000000), size, size))
        self.file.write(ip + tcp + payload)

    def talk(self, port, turns, ends_by_rst=False):
        """A connection in which client and server say the turns, and the server closes."""
        client, server = ('10.9.0.1', 40000 + port), ('10.9.0.2', port)
        ends = [[client, server, 101], [server, client, 201]]
        self.packet(client, server, SYN, 100, 0)
        self.packet(server, client, SYN | ACK, 200, 101)
        self.packet(client, server, ACK, 101, 201)
        for who, words in turns:
            mine, other = ends[who], ends[1 - who]
            self.packet(mine[0], mine[1], PSH | ACK, mine[2], other[2], words)
            mine[2] += len(words)
            self.packet(mine[1], mine[0], ACK, other[2], mine[2])
        self.packet(server, client, (RST if ends_by_rst else FIN) | ACK, ends[1][2], ends[0][2])
        self.packet(client, server, ACK, ends[0][2], ends[1][2] + 1)


def client_hello(name):
    sni = struct.pack('>HBH', len(name) + 3, 0, len(name)) + name
    extensions = struct.pack('>HH', 0, len(sni)) + sni
    body = (b'\x03\x03' + bytes(32) + b'\x00' + b'\x00\x02\x13\x01' + b'\x01\x00'
            + struct.pack('>H', len(extensions)) + extensions)
    message = b'\x01' + len(body).to_bytes(3, 'big') + body
    return b'\x16\x03\x01' + struct.pack('>H', len(message)) + message


def write_capture(path):
    capture = Capture(path)
    capture.talk(443, ((0, client_hello(HOSTILE)), (1, b'\x15\x03\x03\x00\x02\x02\x28')))
    capture.talk(80, ((0, b'GET /' + HOSTILE + b' HTTP/1.1\r\nHost: ' + HOSTILE + b'\r\n\r\n'),
                      (1, b'HTTP/1.1 503 ' + HOSTILE + b'\r\nServer: ' + HOSTILE
                       + b'\r\nContent-Length: 0\r\n\r\n')))
    capture.talk(25, ((1, b'554 5.7.1 ' + HOSTILE + b'\r\n'),))
    capture.talk(5432, ((0, struct.pack('>II', 8, 196608)),
                        (1, b'E' + struct.pack('>I', 4 + 16 + len(HOSTILE))
                         + b'SFATAL\x00C53300\x00M' + HOSTILE + b'\x00\x00')))
    capture.talk(3306, ((1, struct.pack('<I', len(HOSTILE) + 9)[:3] + b'\x00\xff\x10\x04#08004'
                         + HOSTILE),), ends_by_rst=True)
    capture.file.close()


class Terminal(terminal.Terminal):
    """With all that the program sends in a file."""

    def escape(self):
        self.keys('Escape')
        time.sleep(0.05)  # the next key must not look like the rest of a sequence

    def record(self):
        self.tmux('pipe-pane', '-o', f'cat > {self.directory.name}/sent')

    def check_sent(self):
        with open(f'{self.directory.name}/sent', 'rb') as file:
            sent = file.read()
        if b'Where' not in sent:
            raise Failed('nothing was recorded')
        for trace in TRACES:
            if trace in sent:
                raise Failed(f'{trace!r} reached the terminal')


def look_at_everything(window, n_endpoints):
    """Each endpoint, its flow, all packets of it, their bytes; every list; what can be asked for."""
    for key in ('1', '2', '3', '4', '4', 'i', 'x', '?', 'x', 'y', 'e'):
        window.keys(key)
        window.settle()
    window.escape()
    for _ in range(n_endpoints):
        window.keys('Enter')
        window.wait_for(r'─ Flows')
        window.keys('y', 'Tab', 'j', 'j', 'y', 'Tab', 'l', 'l', 'h', 'h', 'Enter')
        window.wait_for(r'│')
        window.keys('o', 'a', 't', 'g')
        for _ in range(9):
            window.keys('Enter')
            window.wait_for(r'(?m)^[> ]0000  |not kept')
            window.keys('y')
            window.escape()
            window.keys('j')
        window.escape()
        window.wait_for(r'─ Flows')
        window.escape()
        window.wait_for(r'(?m)^─ Where')
        window.keys('j')


def no_byte_of_a_stranger_reaches_the_terminal():
    for lines, cols in ((24, 80), (40, 120), (10, 40)):
        with Terminal(lines, cols) as window:
            name = f'{window.directory.name}/'.encode() + b'x\x1b]0;evil\x07.pcap'
            write_capture(name)
            window.type('cd; clear')
            window.record()
            window.type(f'{TCPWHY[0]} -r x*.pcap --tui')
            window.wait_for(r'REPLAY(.|\n)*>.10\.9\.0\.2:')
            look_at_everything(window, 5)
            window.type('fsni:evil')
            window.wait_for(r'FILTER')
            window.keys('q')
            window.wait_for(r'\d attempts, \d failed')
            wait_until(lambda: not window.is_running(), 'the end')
            window.check_sent()


CASES = (no_byte_of_a_stranger_reaches_the_terminal,)


def main():
    if not have_tmux():
        return SKIPPED
    TCPWHY.append(os.path.abspath(sys.argv[1]))
    return run_cases(CASES)


if __name__ == '__main__':
    sys.exit(main())
