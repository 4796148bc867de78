#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""-w: the packets of failed connections, from files and from what is read only once.

check_write.py TCPWHY
"""

import pathlib
import struct

import program
from program import FINE, WORLD

SECTION, ENHANCED_PACKET, COMMENT = 0x0a0d0d0a, 6, 1


def comment_of(options):
    """The opt_comment of a block's options, or None."""
    while len(options) >= 4:
        code, size = struct.unpack_from('<HH', options)
        if code == COMMENT:
            return options[4:4 + size].decode()
        options = options[4 + (size + 3) // 4 * 4:]
    return None


def packets_of(path):
    """(time, bytes, comment) of a pcapng file's packets, in its order."""
    data = pathlib.Path(path).read_bytes()
    packets = []
    while data:
        kind, size = struct.unpack_from('<II', data)
        if kind == ENHANCED_PACKET:
            _, high, low, captured, _ = struct.unpack_from('<IIIII', data, 8)
            body = data[28:28 + captured]
            options = data[28 + (captured + 3) // 4 * 4:size - 4]
            packets.append((high << 32 | low, body, comment_of(options)))
        data = data[size:]
    return packets


class Write(program.Case):
    def failures(self, *arguments):
        return [(event['flow']['client'], event['verdict'])
                for event in self.events('-r', *arguments) if event['event'] == 'failure']

    def write(self, *arguments, stdin=b''):
        status, _, err = self.run_text(*arguments, '-w', 'out.pcapng', stdin=stdin)
        self.assertEqual(status, FINE, err)
        return packets_of(self.folder / 'out.pcapng'), err

    def test_the_failed_ones_and_no_others(self):
        packets, err = self.write('-r', 'demo.pcap')
        self.assertEqual(err, '')
        comments = [comment for _, _, comment in packets if comment]
        failed = self.failures('demo.pcap')
        self.assertEqual({verdict for _, verdict in failed},
                         {comment.split(',')[0].split()[-1] for comment in comments})
        clients = [event['flow']['client'] for event in self.events('-r', 'out.pcapng', '--all')
                   if event['event'] in ('failure', 'connection')]
        self.assertEqual(sorted(map(str, clients)), sorted(str(client) for client, _ in failed))

    def test_a_pipe_gives_the_same_packets_by_connection(self):
        from_file, _ = self.write('-r', 'demo.pcap')
        from_pipe, err = self.write('-r', '-', stdin=(self.folder / 'demo.pcap').read_bytes())
        self.assertEqual(err, '')
        self.assertEqual(sorted(from_pipe, key=str), sorted(from_file, key=str))

    def test_a_connection_that_failed_long_after_it_began(self):
        """Its first packets have left the memory: the last ones are written, and it is told."""
        demo = self.folder / 'demo.pcap'
        header, records = demo.read_bytes()[:24], demo.read_bytes()[24:]
        noise = self.noise_between(records)
        packets, err = self.write('-r', '-', '--memory', '32M', stdin=header + noise)
        self.assertRegex(err, r'\Atcpwhy: -w: \d+ connections lack their first packets')
        self.assertGreater(len(packets), 0)

    @staticmethod
    def noise_between(records):
        """Every connection of the capture with megabytes of another one after its first packets."""
        seconds, nanoseconds, captured, _ = struct.unpack_from('<IIII', records)
        ethernet = records[16:16 + 14]
        noise = bytearray()
        for number in range(8000):
            tcp = struct.pack('>HHIIBBHHH', 1000, 2000, number * 1400, 1, 0x50, 0x10, 512, 0, 0)
            ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 1440, number, 0, 64, 6, 0,
                             b'\x0a\x01\x01\x01', b'\x0a\x01\x01\x02')
            frame = ethernet + ip + tcp + bytes(1400)
            noise += struct.pack('<IIII', seconds, nanoseconds, len(frame), len(frame)) + frame
        half = 16 + captured
        while half < len(records) // 2:
            half += 16 + struct.unpack_from('<I', records, half + 8)[0]
        return records[:half] + bytes(noise) + records[half:]

    def test_where_it_cannot_be_written(self):
        for source, stdin in (('demo.pcap', b''), ('-', (self.folder / 'demo.pcap').read_bytes())):
            status, out, err = self.run_text('-r', source, '-w', 'no/such/folder', stdin=stdin)
            self.assertEqual((status, out), (WORLD, ''))
            self.assertRegex(err, r'\Atcpwhy: [^\n]*no/such/folder[^\n]*\n\Z')


if __name__ == '__main__':
    program.main()
