#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Events to pipes and files that do not always take them. check_output.py TCPWHY

Slow readers, readers that go, full disks, files that are renamed: in namespaces of its own.
"""

import fcntl
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import time

import jsonschema

import onair
import program
from onair import REFUSED_PORT, attempt, events_of
from program import FINE, WORLD

sys.path.insert(0, str(program.ROOT / 'tests/json'))
import check_schema  # noqa: E402

VALIDATOR = jsonschema.Draft202012Validator(json.loads(check_schema.SCHEMA.read_text()))

# A RST can be followed by what proves it forged; the kernel hands packets over a block at a time.
JUDGED_S = 3

# More than the queue takes: some 1,900 bytes a line.
MANY = 2500
DISK_BYTES = 256 << 10
FULL_S = 20  # for a loaded machine to get there


class Case(onair.Case):
    def assert_sound(self, text, is_unfinished=False):
        """All that docs/json.md promises holds; holes in seq are counted."""
        faults = check_schema.check_file(io.BytesIO(text.encode()), VALIDATOR, is_unfinished)
        self.assertEqual(list(faults)[:5], [])

    def total(self, text):
        return events_of(text)[-1]['stop']['total']

    def until_idle(self, process):
        """Until it has done what there is to do."""
        def cpu_ticks():
            with open(f'/proc/{process.pid}/stat') as file:
                return sum(map(int, file.read().rsplit(')', 1)[1].split()[11:13]))

        def is_idle():
            before = cpu_ticks()
            time.sleep(1)
            return cpu_ticks() - before < 10
        self.until(is_idle, 'it goes on and on')

    def big_capture(self):
        """MANY refused connections, as a pcap file: SYN and RST of 40 bytes each."""
        with open(self.folder / 'big.pcap', 'wb') as file:
            file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
            for i in range(MANY):
                ends = struct.pack('!II', 0x0a000001, 0x0a000002)
                ip = struct.pack('!BBHHHBBH', 0x45, 0, 40, i, 0, 64, 6, 0)
                client, server = 10000 + i, REFUSED_PORT
                syn = struct.pack('!HHIIBBHHH', client, server, 1, 0, 0x50, 2, 1024, 0, 0)
                rst = struct.pack('!HHIIBBHHH', server, client, 0, 2, 0x50, 0x14, 0, 0, 0)
                for packet in (ip + ends + syn, ip + ends[4:] + ends[:4] + rst):
                    file.write(struct.pack('<IIII', 1000, i, 40, 40) + packet)
        return 'big.pcap'

    @staticmethod
    def attempts(n):
        """So many failures; when it returns they are judged."""
        for _ in range(n):
            attempt()
        time.sleep(JUDGED_S)


class Readers(Case):
    def test_a_slow_reader_gets_whole_lines_and_learns_what_is_missing(self):
        process = self.begin('--json', '--all', '-q', '--stats-interval', '1s')
        self.attempts(MANY)
        self.until_idle(process)
        status, out, err = self.finish(process, signal.SIGTERM)
        self.assert_sound(out)
        total = self.total(out)
        self.assertEqual(total['failed'], MANY, 'the capture goes on')
        self.assertGreater(total['output_errors'], 0)
        self.assertEqual(total['events_lost'], 0)
        self.assertEqual(status, WORLD)
        self.assertIn('is not read fast enough', err)
        self.assertIn(f"{total['output_errors']} lines could not be written", err)

    def test_a_slow_reader_who_catches_up_is_told_by_the_next_stats_event(self):
        process = self.begin('--json', '--all', '-q', '--stats-interval', '1s')
        self.attempts(MANY)
        self.until_idle(process)
        missing = 0
        while not missing:
            line = json.loads(process.stdout.readline())
            if line['event'] == 'stats':
                missing = line['stats']['total']['output_errors']
                queued = line['stats']['output_queue']
        self.assertGreater(queued, 0)
        self.assertEqual(self.finish(process, signal.SIGTERM)[0], WORLD)

    def test_who_reads_soon_enough_misses_nothing(self):
        process = self.begin('--json', '--all', '-q')
        self.attempts(300)
        status, out, err = self.finish(process, signal.SIGTERM)
        self.assertEqual((status, err), (FINE, ''))
        self.assert_sound(out)
        self.assertEqual(self.total(out)['failed'], 300)

    def test_a_reader_who_never_reads_does_not_keep_it_from_ending(self):
        process = self.begin('--json', '--all', '-q', '--log', 'log')
        self.attempts(MANY)
        self.until_idle(process)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=onair.END_S)
        self.assertEqual(process.returncode, WORLD)
        self.assertIn('lines could not be written', process.stderr.read().decode())
        log = (self.folder / 'log').read_text()
        self.assert_sound(log)
        self.assertEqual(self.total(log)['output_errors'], 0, 'the other output is whole')

    def test_a_reader_who_is_gone_costs_the_other_output_nothing(self):
        process = self.begin('--json', '--all', '-q', '--log', 'log')
        self.attempts(3)
        process.stdout.readline()
        process.stdout.close()
        self.attempts(20)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=onair.END_S)
        log = (self.folder / 'log').read_text()
        self.assert_sound(log)
        self.assertEqual(self.total(log)['failed'], 23)
        self.assertEqual(process.returncode, WORLD)
        err = process.stderr.read().decode()
        self.assertIn('cannot write events to standard output: Broken pipe\n', err)
        self.assertIn('lines could not be written\n', err)

    def test_lines_for_people_say_what_is_missing(self):
        process = self.begin('--text', '--all', '-q')
        self.attempts(30000)  # some 80 bytes each
        self.until_idle(process)
        status, out, _ = self.finish(process, signal.SIGTERM)
        self.assertEqual(status, WORLD)
        self.assertTrue(re.search(r'  ~  [\d,]+ lines could not be written before here\n', out))

    def test_a_replay_waits_for_its_reader(self):
        capture = self.big_capture()
        run = subprocess.Popen([self.program, '-r', capture, '--json', '--all'],
                               cwd=self.folder, stdout=subprocess.PIPE)
        time.sleep(5)
        self.assertIsNone(run.poll())
        out = run.communicate(timeout=onair.END_S)[0].decode()
        self.assertEqual(run.returncode, FINE)
        self.assert_sound(out)
        self.assertEqual(self.total(out)['failed'], MANY)

    def test_standard_output_that_is_closed(self):
        run = subprocess.run(['/bin/sh', '-c', '"$0" -r demo.pcap --json >&-', self.program],
                             cwd=self.folder, capture_output=True, check=False, timeout=60)
        self.assertEqual(run.returncode, WORLD)
        self.assertIn(b'cannot write events to standard output', run.stderr)


class Disks(Case):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / 'disk'
        self.disk.mkdir()
        subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={DISK_BYTES}', 'none', self.disk],
                       check=True)
        self.addCleanup(subprocess.run, ['umount', '-l', self.disk], check=True)
        self.filler = self.disk / 'filler'
        self.events = self.disk / 'events'

    def fill(self, n_left):
        self.filler.write_bytes(bytes(DISK_BYTES - n_left))

    def on_full_disk(self, *arguments):
        """A run that has filled the disk; everything it has seen is in its counters."""
        self.fill(32 << 10)
        process = self.begin('--json', '--all', '-q', '-o', 'disk/events', *arguments)
        self.attempts(40)
        give_up_s = time.monotonic() + FULL_S
        while os.statvfs(self.disk).f_bfree and time.monotonic() < give_up_s:
            time.sleep(0.1)
        self.assertEqual(os.statvfs(self.disk).f_bfree, 0)
        return process

    def test_a_full_disk_loses_nothing_when_there_is_room_again(self):
        process = self.on_full_disk()
        self.filler.unlink()
        self.attempts(5)
        status, _, err = self.finish(process, signal.SIGTERM)
        text = self.events.read_text()
        self.assert_sound(text)
        self.assertEqual(self.total(text)['failed'], 45)
        self.assertEqual(self.total(text)['output_errors'], 0)
        self.assertEqual(status, FINE)
        self.assertEqual(err, 'tcpwhy: cannot write events to disk/events: '
                              'No space left on device\n')

    def test_a_disk_that_stays_full_has_whole_lines_and_the_rest_is_counted(self):
        process = self.on_full_disk('--log', 'log')
        status, _, err = self.finish(process, signal.SIGTERM)
        text, log = self.events.read_text(), (self.folder / 'log').read_text()
        self.assertTrue(text.endswith('\n'))
        self.assert_sound(text, is_unfinished=True)
        self.assert_sound(log)
        n_missing = len(log.splitlines()) - len(text.splitlines())
        self.assertGreater(n_missing, 0)
        self.assertIn(f'{n_missing} lines could not be written\n', err)
        self.assertEqual(status, WORLD)

    def test_so_does_one_that_is_full_for_too_long(self):
        process = self.on_full_disk('--stats-interval', '1s')
        self.attempts(MANY)
        self.filler.unlink()
        time.sleep(2)
        status, _, _ = self.finish(process, signal.SIGTERM)
        text = self.events.read_text()
        self.assert_sound(text, is_unfinished=True)
        self.assertEqual(status, WORLD)

    def test_a_report_on_a_full_disk(self):
        self.fill(0)
        status, _, err = self.run_text('-r', 'demo.pcap', '-o', 'disk/report')
        self.assertEqual(status, WORLD)
        self.assertIn('No space left on device', err)

    def test_a_limit_of_the_file_size_is_like_a_full_disk(self):
        status, _, err = self.run_text('-r', 'demo.pcap', '--json', '--all', '-o', 'events',
                                       prefix=('prlimit', '--fsize=10000'))
        self.assertEqual(status, WORLD)
        self.assertIn('File too large', err)
        self.assertTrue((self.folder / 'events').read_text().endswith('}\n'))


class Files(Case):
    def whole(self, *names):
        text = ''.join((self.folder / name).read_text() for name in names)
        self.assert_sound(text)
        return text

    def test_a_hangup_opens_the_file_again(self):
        process = self.begin('--json', '--all', '-q', '-o', 'events', '--log', 'log')
        self.attempts(5)
        for name in ('events', 'log'):
            (self.folder / name).rename(self.folder / f'{name}.old')
        self.attempts(5)  # still to the old ones
        process.send_signal(signal.SIGHUP)
        self.until((self.folder / 'log').exists, 'no new file')
        self.attempts(5)
        self.assertEqual(self.finish(process, signal.SIGTERM)[0], FINE)
        for name in ('events', 'log'):
            new = events_of((self.folder / name).read_text())
            self.assertEqual(new[0]['event'], 'start', 'each file explains itself')
            self.assertEqual(self.total(self.whole(f'{name}.old', name))['failed'], 15)

    def test_a_hangup_in_a_folder_that_is_gone_goes_on_with_the_old_file(self):
        (self.folder / 'logs').mkdir()
        process = self.begin('--json', '--all', '-q', '-o', 'logs/events')
        (self.folder / 'logs').rename(self.folder / 'moved')
        process.send_signal(signal.SIGHUP)
        self.attempts(5)
        status, _, err = self.finish(process, signal.SIGTERM)
        self.assertEqual(self.total(self.whole('moved/events'))['failed'], 5)
        self.assertEqual(status, FINE)
        self.assertIn('cannot open logs/events again, the old file goes on', err)

    def test_a_hangup_of_the_terminal_ends_it(self):
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        process = self.begin('--json', '-q', '-o', 'events', stdin=slave,
                             preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.attempts(2)
        self.assertEqual(self.finish(process, signal.SIGHUP)[0], FINE)
        self.assertEqual(events_of(self.whole('events'))[-1]['stop']['signal'], 'SIGHUP')

    def test_nohup_makes_a_service_of_it(self):
        master, slave = os.openpty()
        self.addCleanup(os.close, master)

        def prepare():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        process = self.begin('--json', '-q', '-o', 'events', stdin=slave, preexec_fn=prepare)
        os.close(slave)
        process.send_signal(signal.SIGHUP)
        self.attempts(2)
        self.assertEqual(self.finish(process, signal.SIGTERM)[0], FINE)

    def test_files_of_a_size(self):
        process = self.begin('--json', '--all', '-q', '-o', 'events', '-C', '64K', '-W', '3')
        self.attempts(200)
        self.assertEqual(self.finish(process, signal.SIGTERM)[0], FINE)
        sizes = {path.name: path.stat().st_size for path in self.folder.glob('events*')}
        self.assertEqual(set(sizes), {'events', 'events.1', 'events.2'})
        self.assertLessEqual(max(sizes.values()), 64 << 10)
        self.assertGreater(sizes['events.1'], 48 << 10)
        lines = [events_of((self.folder / name).read_text())
                 for name in ('events.2', 'events.1', 'events')]
        for part in lines:
            self.assertEqual(part[0]['event'], 'start')
        seqs = [event['seq'] for part in lines for event in part]
        self.assertEqual(seqs, list(range(seqs[0], seqs[0] + len(seqs))))
        self.assertEqual(lines[-1][-1]['stop']['total']['lines'], seqs[-1])

    def failures_in(self, name):
        status, out, err = self.run_text('-r', name, '--json')
        self.assertEqual((status, err), (FINE, ''), 'the packets are whole')
        return self.total(out)['failed']

    def test_packets_of_a_size(self):
        process = self.begin('--null', '--all', '-q', '-w', 'packets', '-C', '64K', '-W', '3')
        self.attempts(1000)
        self.assertEqual(self.finish(process, signal.SIGTERM)[0], FINE)
        sizes = {path.name: path.stat().st_size for path in self.folder.glob('packets*')}
        self.assertEqual(set(sizes), {'packets', 'packets.1', 'packets.2'})
        self.assertLess(max(sizes.values()), 66 << 10)
        self.assertGreater(self.failures_in('packets.1'), 100)
        self.assertEqual(self.failures_in('packets.1'), self.failures_in('packets.2'))

    def test_a_hangup_opens_the_packets_again(self):
        process = self.begin('--json', '--all', '-q', '-o', 'events', '-w', 'packets')
        self.attempts(3)
        process.send_signal(signal.SIGHUP)  # still in its place: it goes on
        time.sleep(0.5)
        (self.folder / 'packets').rename(self.folder / 'packets.old')
        process.send_signal(signal.SIGHUP)
        self.until((self.folder / 'packets').exists, 'no new file')
        self.attempts(2)
        self.assertEqual(self.finish(process, signal.SIGTERM)[0], FINE)
        self.assertEqual([self.failures_in(name) for name in ('packets.old', 'packets')], [3, 2])

    def test_files_of_a_time(self):
        process = self.begin('--text', '--all', '-q', '-o', 'events', '-G', '4s', '-W', '2')
        for _ in range(4):
            self.attempts(3)
        self.assertEqual(self.finish(process, signal.SIGTERM)[0], FINE)
        names = {path.name for path in self.folder.glob('events*')}
        self.assertEqual(names, {'events', 'events.1'})
        for name in names:
            self.assertTrue((self.folder / name).read_text().startswith('-- '), 'with its date')

    def test_a_replay_rotates_too(self):
        arguments = ['-r', self.big_capture(), '--json', '--all']
        status, out, _ = self.run_text(*arguments)
        self.assertEqual(status, FINE)
        self.run_text(*arguments, '-o', 'events', '-C', '1', '-W', '100')
        n_files = len(list(self.folder.glob('events.*')))
        names = [f'events.{i}' for i in range(n_files, 0, -1)] + ['events']
        events = [e for e in events_of(self.whole(*names)) if e['event'] != 'start']
        self.assertGreater(n_files, 1)
        self.assertEqual(len(events), len(out.splitlines()) - 1)


if __name__ == '__main__':
    onair.main(mounts=True)
