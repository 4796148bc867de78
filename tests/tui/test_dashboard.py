#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The program itself on a terminal: captures explored with keys, and a live interface.

Usage: test_dashboard.py TCPWHY

Screens are compared with the text files of tests/golden/tui; TCPWHY_GOLDEN_UPDATE=1 writes them.
Live traffic is in a network namespace with nothing but its own loopback.
"""

import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import terminal
from terminal import SKIPPED, Failed, expect, expect_match, have_tmux, run_cases, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = ROOT / 'pcaps/demo.pcap'
GOLDEN = ROOT / 'tests/golden/tui'
CLONE_NEWNET = 0x40000000
REFUSED_PORT = 9999

TCPWHY = []


class Terminal(terminal.Terminal):
    """With the program started on a capture, which it has read to its end."""

    def explore(self, *arguments, capture=DEMO):
        shutil.copy(capture, f'{self.directory.name}/demo.pcap')
        self.type(f'cd; clear; {TCPWHY[0]} -r demo.pcap --tui ' + ' '.join(arguments))
        self.wait_for(r'REPLAY(.|\n)*> ?!?10\.77\.60\.')
        self.keys('r', 'r')  # sorted by all of the capture, whenever the first screen came
        self.wait_for(r'sort: incident')

    def compare(self, name):
        """The screen without what depends on more than the capture: header and notices."""
        path = GOLDEN / f'{name}.txt'
        self.wait_for(r'\? help')  # the notice has given the key bar back
        if os.environ.get('TCPWHY_GOLDEN_UPDATE'):
            time.sleep(1)
            path.parent.mkdir(exist_ok=True)
            path.write_text(self.steady_text())
            return
        end = time.monotonic() + terminal.PATIENCE_S
        while self.steady_text() != path.read_text():
            if time.monotonic() > end:
                raise Failed(f'not as in {path} (TCPWHY_GOLDEN_UPDATE=1 renews it):\n'
                             + self.steady_text())
            time.sleep(0.1)

    def steady_text(self):
        rows = self.rows()
        if 'REPLAY' in rows[0]:  # rates, and how many flows would fit
            rows[:2] = ['(header)']
        # Not every machine has a services file.
        return re.sub(r'(?<=[\d ])(\((http|postgresql)\)|http-alt|http|postgresql)(?= )',
                      lambda name: ' ' * len(name.group(0)), '\n'.join(rows))


def text_on(capture):
    """What the program says of a saved file."""
    return subprocess.run([TCPWHY[0], '-r', capture, '--text'], capture_output=True, text=True,
                          check=True, env={**os.environ, 'ASAN_OPTIONS': 'detect_leaks=0'}).stdout


def captures_look_the_same_at_every_size():
    for lines, cols in ((24, 80), (40, 120), (10, 40)):
        with Terminal(lines, cols) as window:
            window.explore()
            window.compare(f'{cols}x{lines}')
            window.keys('Enter')
            window.wait_for(r'Esc back')
            window.compare(f'{cols}x{lines}-endpoint')
            window.keys('Enter')
            window.wait_for(r'TTL \d+')
            window.compare(f'{cols}x{lines}-flow')


def a_ladder_follows_the_size_and_keeps_its_packet():
    with Terminal() as window:
        window.explore()
        window.keys('Enter', 'Enter')
        window.wait_for(r'(?m)^>!')
        chosen = re.search(r'(?m)^>! +(\d+)', window.text()).group(1)
        for lines, cols in ((40, 120), (10, 40), (60, 200), (12, 60), (24, 80)):
            window.resize(lines, cols)
            window.wait_for(rf'(?m)^>! +{chosen}\b')
            wait_until(lambda: len(window.rows()) >= lines, 'the new size')
        window.compare('80x24-flow')


def escape_goes_back_and_never_quits():
    with Terminal() as window:
        window.explore()
        window.keys('Enter', 'Enter')
        window.wait_for(r'(?m)^>!')
        for _ in range(4):
            window.keys('Escape')
            time.sleep(0.1)
        window.wait_for(r'(?m)^─ Why')
        window.keys('q')
        window.wait_for(r'8 attempts, 4 failed')


def a_filter_narrows_with_each_letter():
    with Terminal() as window:
        window.explore()
        window.type('fwhy:time')
        window.wait_for(r'FILTER why:time\b')
        window.wait_for(r'(?m)^> 10.77.60.101:5432')
        expect(1, len(re.findall(r'(?m)^[> ][! ]10\.77\.\S+ +\w+ +[\d.]+ +\d', window.text())),
               'rows of Where')
        window.keys('F')
        wait_until(lambda: 'FILTER' not in window.text(), 'all rows')


def saved_packets_are_those_of_the_flow():
    with Terminal() as window:
        window.explore()
        window.type('fwhy:time')
        window.wait_for(r'FILTER')
        window.keys('Enter', 'Enter')
        window.wait_for(r'SYN \(again')
        window.type('w')
        window.wait_for(r'packets: of 1 connection saved to (\S+)')
        name = re.search(r'saved to (\S+)', window.text()).group(1)
        window.wait_for(r'\? help')
        window.type('w')
        window.wait_for(r'is there already, replace it \(y, n\)')
        window.keys('n')
        window.wait_for(r'kept as it was')
        window.type('w')
        window.wait_for(r'is there already')
        window.keys('y')
        window.wait_for(r'packets: of 1 connection saved to')
        out = text_on(f'{window.directory.name}/{name}')
        expect_match(r'10\.77\.60\.101:5432 did not answer', out, 'verdict on the saved packets')
        expect_match(r'1 of 1 connection', out, 'only that flow')


def marked_rows_are_saved_and_reported_together():
    with Terminal() as window:
        window.explore()
        window.keys('Space', 'Space')
        window.wait_for(r'2 MARKED')
        expect(2, len(re.findall(r'(?m)^\*', window.text())), 'marks in sight')
        window.keys('w', 'C-u')
        window.type('two.pcapng')
        window.wait_for(r'of 2 connections saved to two.pcapng')
        expect_match(r'2 of \d+ connection', text_on(f'{window.directory.name}/two.pcapng'),
                     'failures in the file')
        window.keys('u')
        wait_until(lambda: 'MARKED' not in window.text(), 'no marks')
        for name, wanted in (('all.txt', r'4 of 8 connection attempts failed'),
                             ('all.jsonl', r'"event":"failure"')):
            window.keys('e', 'C-u')
            window.type(name)
            window.wait_for(rf'report: written to {name}')
            with open(f'{window.directory.name}/{name}', encoding='utf-8') as file:
                expect_match(wanted, file.read(), f'report in {name}')


def packets_are_shown_as_bytes():
    with Terminal() as window:
        window.explore()
        window.type('fwhy:time')
        window.wait_for(r'FILTER')
        window.keys('Enter', 'Enter', 'g', 'Enter')
        window.wait_for(r'(?m)^─ frame \d+ ─+ \d+ bytes ─')
        window.wait_for(r'(?m)^>0000  ([0-9a-f]{2} ?){8}  .*')
        first = window.text()
        window.keys(']')
        wait_until(lambda: window.text() != first, 'the next packet')
        window.keys('Escape')
        window.wait_for(r'(?m)^>. +\d+ .*SYN \(again 1\)')


def every_list_of_the_overview_has_its_key():
    with Terminal() as window:
        window.explore()
        for key, wanted in (('1', r'(?m)^─ Why ─(.|\n)*─ Selected'),
                            ('3', r'(?m)^─ Latest ─(.|\n)*> ?\d\d:'),
                            ('4', r'(?m)^─ Incidents ─(.|\n)*no incidents so far'),
                            ('4', r'(?m)^─ Where ─'),
                            ('i', r'tcpwhy capture health(.|\n)*file +demo.pcap: [\d,]+ packets'),
                            ('x', r'(?m)^─ Where ─'),
                            ('z', r'zeroed: rates'),
                            ('>', r'(?m)^─ Where by server'),
                            ('<', r'(?m)^─ Where ─'),
                            ('l', r'(?m)^─+ 60 s, 2 s a column')):
            window.keys(key)
            window.wait_for(wanted)


def the_mouse_chooses_and_opens_once_it_is_on():
    def click(line, col=5):  # X10 coding: button or release, column and line, each above a blank
        at = chr(32 + 1 + col) + chr(32 + 1 + line)
        window.tmux('send-keys', '-l', '\x1b[M ' + at + '\x1b[M#' + at)

    with Terminal() as window:
        window.explore()
        expect('0', window.asks('mouse_standard_flag'), 'mouse at the start')
        window.keys('M')
        window.wait_for('mouse: on')
        wait_until(lambda: window.asks('mouse_standard_flag') == '1', 'the mouse')
        heading = next(i for i, line in enumerate(window.rows()) if line.startswith('─ Where'))
        for wanted in ('by tries', 'by tries, reversed'):
            click(heading, window.rows()[heading].rindex('tries') + 1)
            window.wait_for(rf'(?m)^─ Where {wanted} ─')
        row = next(i for i, line in enumerate(window.rows()) if '10.77.60.101:5432' in line)
        click(row)
        window.wait_for(r'(?m)^> 10\.77\.60\.101:5432')
        click(row)
        window.wait_for(r'< Overview  10\.77\.60\.101:5432')
        window.keys('q')
        window.wait_for(r'8 attempts, 4 failed')
        expect('0', window.asks('mouse_standard_flag'), 'mouse afterwards')


def options_choose_the_colours():
    foreground = r'\x1b\[[\d;]*(3[0-7]|38;5;\d+)'
    for env, arguments, wanted in (
            ({}, '', r'\x1b\[[\d;]*3[0-7]'),
            ({}, '--theme okabe', r'\x1b\[[\d;]*38;5;(74|214)'),
            ({}, '--color never', None),
            ({'NO_COLOR': '1'}, '', None),
            ({'NO_COLOR': '1'}, '--color always', foreground),
            ({'NO_COLOR': ''}, '', foreground),
            ({}, '--theme mono', None),
            ({'CLICOLOR_FORCE': '1', 'NO_COLOR': '1'}, '', None),
            ({'TERM': 'vt100'}, '', None),
            ({'TERM': 'vt100'}, '--color always', foreground),
            ({'TERM': 'vt100', 'CLICOLOR_FORCE': '1'}, '', foreground),
            ({'TERM': 'vt100', 'CLICOLOR_FORCE': '1'}, '--color never', None)):
        with Terminal(**env) as window:
            window.explore(arguments)
            text = window.text('-e')
            if wanted:
                expect_match(wanted, text, f'colour with {env} {arguments}')
            elif re.search(foreground, text):
                raise Failed(f'colour with {env} {arguments}')


def ascii_is_enough_where_it_is_asked_for():
    with Terminal() as window:
        window.explore('--ascii')
        window.keys('Enter', 'Enter')
        window.wait_for(r'\|-- SYN')
        if not window.text().isascii():
            raise Failed('not ASCII:\n' + window.text())


ENDINGS = (  # keys or a signal, the exit status, whether it says what it saw
    ('q', r'0', True), ('C-c', r'0', True), ('F10', r'0', True),
    (signal.SIGTERM, r'0', True), (signal.SIGINT, r'0', True), (signal.SIGHUP, r'0', True),
    (signal.SIGQUIT, r'\d+', False), (signal.SIGSEGV, r'[1-9]\d*', False),
    (signal.SIGABRT, r'[1-9]\d*', False),
)


def the_terminal_is_as_it_was_however_the_program_ends():
    for ending, status, tells in ENDINGS:
        with Terminal() as window:
            shutil.copy(DEMO, f'{window.directory.name}/demo.pcap')
            window.type('cd; ulimit -c 0; clear')
            window.type(f'stty -a > ~/before; {TCPWHY[0]} -r demo.pcap --tui; echo status $?; '
                        'stty -a > ~/after; echo over')
            window.wait_for(r'REPLAY(.|\n)*> ?!?10\.77\.60\.')
            window.keys('M', 'Enter', 'Enter')
            window.wait_for(r'\+time')
            if isinstance(ending, str):
                window.keys(ending)
            else:
                os.kill(window.pid_of_program(), ending)
            window.check_restored()
            expect('0', window.asks('mouse_standard_flag'), f'mouse after {ending}')
            text = window.text('-S', '-')
            expect_match(rf'(?m)^status {status}$', text, f'exit status after {ending}')
            if tells:
                expect_match(r'8 attempts, 4 failed', text, f'summary after {ending}')


def a_stop_gives_the_terminal_back_until_it_goes_on():
    with Terminal() as window:
        window.type('stty -a > ~/before')
        window.explore()
        window.keys('C-z')
        window.wait_for(r'(?m)[Ss]topped')
        window.type('stty -a > ~/after; echo over')
        window.check_restored()
        window.type('fg')
        window.wait_for(r'REPLAY(.|\n)*> ?!?10\.77\.60\.')
        expect('1', window.asks('alternate_on'), 'alternate screen')
        window.keys('Enter')
        window.wait_for(r'< Overview')


def refuse_connections(stop):
    while not stop.is_set():
        with socket.socket() as sock:
            sock.connect_ex(('127.0.0.1', REFUSED_PORT))
        time.sleep(0.05)


def live_failures_appear_while_they_happen():
    if os.geteuid() != 0 or ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        print('no namespace to be had: not tested live')
        return
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    stop = threading.Event()
    traffic = threading.Thread(target=refuse_connections, args=(stop,))
    with Terminal() as window:
        window.type(f'cd; {TCPWHY[0]} -i lo')
        window.wait_for(r'lo LIVE')
        traffic.start()
        try:
            look_at_live(window)
        finally:
            stop.set()
            traffic.join()


def an_interface_that_goes_away_is_told_on_the_screen():
    if os.geteuid() != 0 or shutil.which('ip') is None:
        print('no interface to be had: not tested')
        return
    make = 'ip link add near type veth peer name far && ip link set near up && ip link set far up'
    subprocess.run(make, shell=True, check=True)
    with Terminal() as window:
        window.type(f'clear; stty -a > ~/before; {TCPWHY[0]} -i near; echo status $?; '
                    'stty -a > ~/after; echo over')
        window.wait_for(r'near LIVE')
        subprocess.run(['ip', 'link', 'del', 'near'], check=True)
        window.wait_for(r'capture: near is down or gone')
        expect_match(r'^ tcpwhy  near LIVE', window.text(), 'the screen as it was')
        window.keys('i')
        window.wait_for(r'near: .*DOWN OR GONE')
        window.keys('Escape')
        window.wait_for(r'\? help')
        window.keys('q')
        window.check_restored()
        expect_match(r'(?m)^status [01]$', window.text(), 'exit status')


def look_at_live(window):
    window.wait_for(r'(?m)^ R refused')
    window.wait_for(rf'(?m)^>[! ]127\.0\.0\.1:{REFUSED_PORT} +refused')
    window.keys('p')
    window.wait_for(r'PAUSED, [1-9]\d* failed since')
    window.keys('p')
    window.keys('Enter')
    window.wait_for(r'(?m)^>127.0.0.1:\d+')
    window.keys('Enter')
    window.wait_for(r'RST,ACK')
    window.type('w')
    window.wait_for(r'packets: of 1 connection saved to (\S+)')
    name = re.search(r'saved to (\S+)', window.text()).group(1)
    out = text_on(f'{window.directory.name}/{name}')
    expect_match(rf'127\.0\.0\.1:{REFUSED_PORT} refused', out, 'verdict on the saved packets')
    expect_match(r'1 of 1 connection', out, 'only that flow')
    window.keys('Enter')
    window.wait_for(r'(?m)^>0000  00 00')  # loopback has no addresses below IP
    window.keys('q')
    window.wait_for(r'\d+ attempts, \d+ failed, \d incident')


CASES = (
    captures_look_the_same_at_every_size,
    a_ladder_follows_the_size_and_keeps_its_packet,
    escape_goes_back_and_never_quits,
    a_filter_narrows_with_each_letter,
    saved_packets_are_those_of_the_flow,
    marked_rows_are_saved_and_reported_together,
    packets_are_shown_as_bytes,
    every_list_of_the_overview_has_its_key,
    the_mouse_chooses_and_opens_once_it_is_on,
    options_choose_the_colours,
    ascii_is_enough_where_it_is_asked_for,
    the_terminal_is_as_it_was_however_the_program_ends,
    a_stop_gives_the_terminal_back_until_it_goes_on,
    live_failures_appear_while_they_happen,  # leaves the network for a namespace: the last ones
    an_interface_that_goes_away_is_told_on_the_screen,
)


def main():
    if not have_tmux():
        return SKIPPED
    TCPWHY.append(os.path.abspath(sys.argv[1]))
    return run_cases(CASES)


if __name__ == '__main__':
    sys.exit(main())
