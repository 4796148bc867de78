#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The command line on files: what is refused and how, exit statuses, inputs. check_cli.py TCPWHY"""

import gzip
import json
import struct
import subprocess

import program
from program import DAMAGED, FAIL_ON, FINE, USAGE, WORLD

FILE_HEADER_BYTES = 24
RECORD_HEADER_BYTES = 16
HELP_LINES = 60


class Refused(program.Case):
    def test_a_missing_file(self):
        self.assertIn('nope.pcap', self.assert_refused(WORLD, '-r', 'nope.pcap'))

    def test_a_file_that_is_no_capture(self):
        (self.folder / 'text').write_text('hello\n')
        self.assertIn('not a pcap', self.assert_refused(WORLD, '-r', 'text'))

    def test_an_empty_file(self):
        (self.folder / 'empty').touch()
        self.assertIn('empty', self.assert_refused(WORLD, '-r', 'empty'))

    def test_a_folder(self):
        self.assertIn('directory', self.assert_refused(WORLD, '-r', '.'))

    def test_a_missing_interface(self):
        reason = self.assert_refused(WORLD, '-i', 'nope0')
        self.assertIn('nope0', reason)
        self.assertIn('lo', reason, 'it names those that exist')

    def test_an_output_that_cannot_be_written(self):
        self.assertIn('nope/x', self.assert_refused(WORLD, '-r', 'demo.pcap', '-o', 'nope/x'))

    def test_a_filter_file_that_is_not_there(self):
        self.assertIn('nope', self.assert_refused(WORLD, '-r', 'demo.pcap', '-F', 'nope'))

    def test_wrong_usage(self):
        for arguments, word in (
                (['--nope'], '--nope'),
                (['-x'], '-x'),
                (['-qxn'], '-x'),
                (['-r'], '-r'),
                (['-r', 'demo.pcap', '-i', 'lo'], '-i'),
                (['-c', 'many'], 'many'),
                (['-c', '-1'], '-1'),
                (['-s', '999999999'], '999999999'),
                (['-B', '1T'], '1T'),
                (['-Q', 'sideways'], 'sideways'),
                (['--threads', '0'], '--threads'),
                (['--memory', '1K', '-r', 'demo.pcap'], '--memory'),
                (['--duration', '5 weeks'], '5 weeks'),
                (['--fail-on', 'rain'], 'rain'),
                (['--tag', 'novalue'], 'novalue'),
                (['--tui', '-o', 'file'], '--tui'),
                (['--color', 'blue'], 'blue'),
                (['--theme', 'purple'], 'purple'),
        ):
            with self.subTest(arguments):
                self.assertIn(word, self.assert_refused(USAGE, *arguments))

    def test_a_bad_filter_is_marked_where_it_is_bad(self):
        reason = self.assert_refused(USAGE, '-r', 'demo.pcap', 'tcp', 'prt', '80').splitlines()
        self.assertEqual(len(reason), 3)
        self.assertEqual(reason[1].index('prt'), reason[2].index('^'))

    def test_a_filter_from_two_places(self):
        (self.folder / 'filter').write_text('tcp\n')
        self.assert_refused(USAGE, '-r', 'demo.pcap', '-F', 'filter', 'port', '80')


class Damaged(program.Case):
    def report_on(self, data, n_packets):
        """The report of a file that is not whole; it must tell about what was readable."""
        (self.folder / 'x.pcap').write_bytes(data)
        status, out, err = self.run_text('-r', 'x.pcap')
        self.assertEqual(status, DAMAGED)
        self.assertRegex(err, r'\Atcpwhy: x\.pcap: (truncated|corrupt)')
        self.assertIn(f'{n_packets} packets', out.splitlines()[0])
        return err

    def test_a_file_cut_within_a_packet(self):
        self.assertIn('truncated', self.report_on(program.DEMO.read_bytes()[:-5], 63))

    def test_a_compressed_file_that_breaks_off(self):
        packed = gzip.compress(program.DEMO.read_bytes())
        (self.folder / 'x.pcap').write_bytes(packed[:-9])
        status, out, _ = self.run_text('-r', 'x.pcap')
        self.assertEqual(status, DAMAGED)
        self.assertIn('tcpwhy', out)

    def test_a_record_that_claims_too_much(self):
        data = bytearray(program.DEMO.read_bytes())
        at = FILE_HEADER_BYTES
        for _ in range(10):
            at += RECORD_HEADER_BYTES + struct.unpack_from('<I', data, at + 8)[0]
        struct.pack_into('<I', data, at + 8, 0x7fffffff)
        self.assertIn('corrupt', self.report_on(bytes(data), 10))

    def test_json_of_a_file_that_is_cut_is_whole(self):
        (self.folder / 'x.pcap').write_bytes(program.DEMO.read_bytes()[:-5])
        status, out, _ = self.run_text('-r', 'x.pcap', '--json')
        self.assertEqual(status, DAMAGED)
        self.assertEqual(json.loads(out.splitlines()[-1])['stop']['exit_code'], DAMAGED)


class Inputs(program.Case):
    def setUp(self):
        super().setUp()
        self.wanted = self.lines('-r', 'demo.pcap')
        self.assertGreater(len(self.wanted), 4)

    def lines(self, *arguments, **options):
        """What the events say, without the names of the sources."""
        return [event['msg'] for event in self.events(*arguments, '--all', **options)[1:-1]]

    def test_standard_input(self):
        self.assertEqual(self.lines('-r', '-', stdin=program.DEMO.read_bytes()), self.wanted)

    def test_gzip(self):
        (self.folder / 'x').write_bytes(gzip.compress(program.DEMO.read_bytes()))
        self.assertEqual(self.lines('-r', 'x'), self.wanted)

    def test_gzip_on_standard_input(self):
        packed = gzip.compress(program.DEMO.read_bytes())
        self.assertEqual(self.lines('-r', '-', stdin=packed), self.wanted)

    def test_zstd(self):
        try:
            subprocess.run(['zstd', '-q', 'demo.pcap'], cwd=self.folder, check=True)
        except FileNotFoundError:
            self.skipTest('no zstd command')
        self.assertEqual(self.lines('-r', 'demo.pcap.zst'), self.wanted)

    def test_what_a_shell_makes_of_a_star(self):
        """`-r *.pcap`: the second name comes where a filter is expected."""
        data = program.DEMO.read_bytes()
        (self.folder / 'a.pcap').write_bytes(data[:FILE_HEADER_BYTES])
        (self.folder / 'b.pcap').write_bytes(data)
        self.assertEqual(self.lines('-r', 'a.pcap', 'b.pcap'), self.wanted)

    def test_a_capture_without_packets(self):
        (self.folder / 'x.pcap').write_bytes(program.DEMO.read_bytes()[:FILE_HEADER_BYTES])
        self.assertEqual([event['event'] for event in self.events('-r', 'x.pcap')],
                         ['start', 'stop'])
        status, out, _ = self.run_text('-r', 'x.pcap')
        self.assertEqual(status, FINE)
        self.assertIn('no packet', out)

    def test_no_packet_matches(self):
        self.assertEqual([event['event'] for event in self.events('-r', 'demo.pcap', 'port 9')],
                         ['start', 'stop'])

    def test_a_filter_of_words_or_of_a_file(self):
        (self.folder / 'filter').write_text('tcp port 8080\n')
        by_words = self.lines('-r', 'demo.pcap', 'tcp', 'port', '8080')
        self.assertEqual(len(by_words), 1)
        self.assertEqual(self.lines('-r', 'demo.pcap', '-F', 'filter'), by_words)

    def test_a_number_of_packets(self):
        stop = self.events('-c', '5', '-r', 'demo.pcap')[-1]['stop']
        self.assertEqual(stop['total']['packets'], 5)


class Outputs(program.Case):
    def test_exit_status_3_where_asked_for(self):
        for what, status in (('any', FAIL_ON), ('refused', FAIL_ON), ('timeout', FAIL_ON),
                             ('rst-injected', FAIL_ON), ('unreachable', FINE),
                             ('connect-timeout', FAIL_ON), ('tls-alpn-mismatch', FINE)):
            with self.subTest(what):
                got, _, err = self.run_text('-r', 'demo.pcap', '--null', '--fail-on', what)
                self.assertEqual((got, err), (status, ''))

    def test_failures_alone_are_no_failure_of_the_program(self):
        self.assertEqual(self.run_text('-r', 'demo.pcap', '--null'), (FINE, '', ''))

    def test_into_a_file(self):
        self.assertEqual(self.run_text('-r', 'demo.pcap', '-o', 'out'), (FINE, '', ''))
        self.assertEqual((self.folder / 'out').read_text(),
                         self.run_text('-r', 'demo.pcap')[1])

    def test_a_log_beside_the_report(self):
        _, out, _ = self.run_text('-r', 'demo.pcap', '--log', 'log')
        self.assertEqual(out, self.run_text('-r', 'demo.pcap')[1])
        self.assertEqual((self.folder / 'log').read_text(),
                         self.run_text('-r', 'demo.pcap', '--json')[1])

    def test_a_reader_that_went_away(self):
        """Silence, not a complaint: `tcpwhy -r file | head -1`."""
        run = subprocess.run(['/bin/sh', '-c', '"$0" -r demo.pcap | head -1', self.program],
                             cwd=self.folder, capture_output=True, timeout=program.RUN_S,
                             check=False)
        self.assertEqual((run.stdout.count(b'\n'), run.stderr), (1, b''))

    def test_help_fits_a_screen_and_begins_with_examples(self):
        status, out, err = self.run_text('--help')
        self.assertEqual((status, err), (FINE, ''))
        self.assertLessEqual(len(out.splitlines()), HELP_LINES)
        self.assertLessEqual(max(map(len, out.splitlines())), 100)
        self.assertLess(out.index('tcpwhy -r'), out.index('--'))
        self.assertEqual(self.run_text('-h')[1], out)

    def test_version(self):
        self.assertRegex(self.run_text('--version')[1], r'\Atcpwhy \d+\.\d+\.\d+ \(.+\)\n\Z')

    def test_the_list_of_interfaces(self):
        status, out, _ = self.run_text('-D')
        self.assertEqual(status, FINE)
        self.assertRegex(out, r'(?m)^lo +up')


if __name__ == '__main__':
    program.main()
