#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The text report of real captures: plain lines, and frames and filters that Wireshark confirms.

check_report.py PROGRAM: every capture of pcaps/ that shows its verdict. What needs tshark is
skipped where it is not installed.
"""

import functools
import re
import shutil
import subprocess
import unittest

import program

COLUMNS = 100
BARS = '▁▂▃▄▅▆▇█'

# tshark takes half a second for each; every so many is asked.
STRIDE = 8


def captures():
    return [program.DEMO, *sorted((program.ROOT / 'pcaps').glob('*/hit-*.pcap*'))]


@functools.lru_cache(maxsize=None)
def report(path, *options):
    run = subprocess.run([program.Case.program, '-q', *options, '-r', path], capture_output=True,
                         timeout=program.RUN_S, check=False)
    return run.returncode, run.stdout.decode(), run.stderr.decode()


HEADER = re.compile(r'^(?:#\d+ )?(?:client \S+|\S+/\d+|(?:\[\S+\]|[\d.]+):(\d+)|[\da-f.:]+)'
                    r'  [A-Z]{2}', re.M)


def sections(text):
    """(server port, text) of each group of failures that is told in full; of a client, a network
    or a host the port is None."""
    headers = list(HEADER.finditer(text))
    ends = [header.start() for header in headers[1:]] + [len(text)]
    for header, end in zip(headers, ends):
        section = text[header.start():end].split('\n----')[0]
        if '\n   Proof   ' in section:
            yield header.group(1), section


def frames(section):
    named = re.search(r'frames? ((?:\d+\s+)*\d+)(?: \.\.\.|\n|,)', section)
    return {*map(int, re.findall(r'\bframe (\d+)', section)),
            *map(int, named.group(1).split() if named else [])}


def wireshark_filter(section):
    found = re.search(r'in Wireshark: (.*(?:\n {13}\S.*)*)', section)
    return ' '.join(found.group(1).split()) if found else None


def tshark(path, display_filter, *fields):
    """A list of field values for each packet that the filter shows."""
    options = [word for field in fields for word in ('-e', field)]
    run = subprocess.run(['tshark', '-r', path, '-Y', display_filter, '-T', 'fields', *options],
                         capture_output=True, text=True, timeout=program.RUN_S, check=True)
    return [line.split('\t') for line in run.stdout.splitlines()]


class Lines(unittest.TestCase):
    def test_lines_are_plain_and_fit_the_page(self):
        for path in captures():
            with self.subTest(path=path.name):
                status, text, errors = report(path)
                self.assertIn(status, (program.FINE, program.DAMAGED), errors)
                self.assertTrue(text.endswith('\n'))
                for line in text.splitlines():
                    self.assertLessEqual(len(line), COLUMNS, line)
                    self.assertRegex(line, rf'\A[ -~{BARS}]*\Z')
                    self.assertEqual(line, line.rstrip())

    def test_ascii_is_ascii(self):
        _, text, _ = report(program.DEMO, '--ascii')
        self.assertTrue(text.isascii())
        self.assertIn('WHERE AND WHEN', text)

    def test_each_failure_is_proved(self):
        for path in captures():
            with self.subTest(path=path.name):
                _, text, _ = report(path)
                failed = re.search(r'^([\d,]+) of [\d,]+ connection attempts? failed', text, re.M)
                if failed or 'The one connection attempt failed' in text:
                    self.assertTrue(list(sections(text)), text)
                    self.assertIn('CAN THIS REPORT BE TRUSTED?', text)


@unittest.skipUnless(shutil.which('tshark'), 'no tshark')
class Proof(unittest.TestCase):
    def test_frames_are_there_and_of_that_server(self):
        for path in captures()[::STRIDE]:
            for port, section in sections(report(path)[1]):
                with self.subTest(path=path.name, port=port):
                    wanted = frames(section)
                    shown = tshark(path, f'frame.number in {{{",".join(map(str, wanted))}}}',
                                   'frame.number', 'tcp.port', 'udp.port', 'sctp.port')
                    self.assertEqual({int(number) for number, *_ in shown}, wanted)
                    for number, *ports in shown:
                        self.assertTrue(port is None or port in ','.join(ports).split(','),
                                        f'frame {number}')

    def test_filters_show_packets(self):
        for path in captures()[::STRIDE]:
            for port, section in sections(report(path)[1]):
                with self.subTest(path=path.name, port=port):
                    words = wireshark_filter(section)
                    self.assertTrue(tshark(path, words, 'frame.number'), words)


if __name__ == '__main__':
    program.main()
