#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The screen on a real terminal: keys, sizes, signals, and the terminal as it was afterwards.

Usage: test_terminal.py PROGRAM [ARGUMENT...]

Runs PROGRAM in tmux, where a screen can be read back as text. Each function named after a
sentence is a case.
"""

import os
import random
import re
import signal
import sys
import time

import terminal
from terminal import SKIPPED, Failed, expect, expect_match, have_tmux, run_cases, wait_until

GONE_WITHIN_S = 5  # a program whose terminal is gone; 0.3 s where nothing else runs

PROGRAM = []


class Terminal(terminal.Terminal):
    """With the driver started in it."""

    def start(self, *arguments):
        self.type(' '.join([*PROGRAM, *arguments]))
        self.wait_for(r'INCIDENTS')

    def start_between_stty(self, *arguments):
        """Notes the modes before and after; ends the shell's line with the exit status."""
        program = ' '.join([*PROGRAM, *arguments])
        self.type(f'stty -a > ~/before; {program}; echo status $?; stty -a > ~/after; echo over')
        self.wait_for(r'INCIDENTS')

    def cursor_row(self):
        found = re.search(r'(?m)^>.*$', self.text())
        return found.group(0) if found else None


def judged(text):
    """The count of failures in the title of Latest."""
    return int(re.search(r'([\d,]+) judged', text).group(1).replace(',', ''))


# Cases.

def the_overview_fills_80x24_and_counts_on():
    with Terminal() as window:
        window.start()
        rows = window.rows()
        expect_match(r'^ tcpwhy  lo LIVE  03:44:', rows[0], 'first line')
        expect_match(r'6 INCIDENTS$', rows[1], 'second line')
        expect_match(r'^─ Why ─', rows[2], 'Why')
        expect_match(r'^ F firewall reject .*█▆▆█', rows[4], 'firewall reject')
        expect_match(r'^─ Where ─', rows[9], 'Where')
        expect_match(r'^>!10.20.0.21:7000 +rst_forged', rows[10], 'first endpoint')
        expect_match(r'^─ Latest ─', rows[17], 'Latest')
        expect_match(r'\? help  q$', rows[23], 'keys')
        before = judged(window.text())
        wait_until(lambda: judged(window.text()) > before, 'newer figures')


def keys_are_answered():
    with Terminal() as window:
        window.start()
        window.keys('j')
        window.wait_for(r'(?m)^>!10.20.0.22:6379')
        window.keys('Up')
        window.wait_for(r'(?m)^>!10.20.0.21:7000')
        window.keys('Tab')
        window.wait_for(r'(?m)^>03:44:48.4 B 10.20.0.10:57247')
        window.keys('BTab', 'v')
        window.wait_for(r'(?m)^ T timeout')
        window.keys('2')
        window.wait_for(r'(?m)^─ Selected')
        window.keys('Escape')
        window.wait_for(r'(?m)^─ Latest')
        window.keys('?')
        window.wait_for(r'any key: back')
        window.keys('x')
        window.wait_for(r'(?m)^─ Why')
        window.keys('F1')
        window.wait_for(r'any key: back')


def a_paused_screen_stands_still():
    with Terminal() as window:
        window.start()
        window.keys('p')
        window.wait_for(r'PAUSED, [1-9]\d* failed since')
        before = judged(window.text())
        window.wait_for(r'PAUSED, [1-9]\d+ failed since')
        expect(before, judged(window.text()), 'figures of the paused screen')
        window.keys('F5')
        wait_until(lambda: judged(window.text()) > before + 10, 'newer figures')


def every_size_is_good_enough():
    with Terminal() as window:
        window.start()
        window.keys('j', 'j')
        window.wait_for(r'(?m)^>!10.20.0.24:8443')
        window.resize(40, 120)
        window.wait_for(r'(?m)^─ Selected')
        window.resize(10, 40)
        window.wait_for(r'\? help  q')
        expect_match(r'>!10.20.0.24:8443', window.cursor_row(), 'cursor at 40x10')
        window.resize(5, 20)
        window.wait_for(r'^\d+ failed, 6 incide\n')
        window.resize(24, 80)
        window.wait_for(r'(?m)^─ Latest')
        expect_match(r'>!10.20.0.24:8443', window.cursor_row(), 'cursor at 80x24')


def fifty_sizes_do_no_harm():
    sizes = random.Random(50)
    with Terminal() as window:
        window.start()
        window.keys('j', 'j', 'j', 'p')
        window.wait_for(r'PAUSED')
        window.wait_for(r'(?m)^>!10.20.0.22:5432')
        before = window.rows()[1:]  # the first line counts on
        for _ in range(50):
            window.resize(sizes.randint(1, 60), sizes.randint(2, 200))
            time.sleep(0.02)
        window.resize(24, 80)
        wait_until(lambda: window.rows()[1:] == before, 'the same screen as before')


def quitting_leaves_the_terminal_as_it_was():
    for key in ('q', 'C-c', 'F10'):
        with Terminal() as window:
            window.start_between_stty()
            window.keys(key)
            window.check_restored()
            text = window.text()
            expect_match(r'(?m)^status 0$', text, f'exit status after {key}')
            expect_match(r'(?m)^\d+ attempts, \d+ failed, 6 incidents; most often \w+', text,
                         f'summary after {key}')


def signals_leave_the_terminal_as_it_was():
    for number in (signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
        with Terminal() as window:
            window.type('ulimit -c 0')
            window.start_between_stty()
            os.kill(window.pid_of_program(), number)
            window.check_restored()
            is_fatal = number != signal.SIGTERM
            expect_match(r'(?m)^status [1-9]' if is_fatal else r'(?m)^status 0$',
                         window.text('-S', '-'), f'exit status after {number.name}')


def a_stopped_program_gives_the_terminal_back_until_it_continues():
    with Terminal() as window:
        window.type('stty -a > ~/before')
        window.start()
        window.keys('j')
        window.wait_for(r'(?m)^>!10.20.0.22:6379')
        window.keys('C-z')
        window.wait_for(r'(?m)[Ss]topped')
        window.type('stty -a > ~/after; echo over')
        window.check_restored()
        window.type('fg')
        window.wait_for(r'(?m)^>!10.20.0.22:6379')
        expect('1', window.asks('alternate_on'), 'alternate screen')
        window.keys('k')
        window.wait_for(r'(?m)^>!10.20.0.21:7000')
        window.keys('q')
        window.wait_for(r'6 incidents; ')


def a_stop_without_warning_is_repaired_when_it_continues():
    with Terminal() as window:
        window.start()
        os.kill(window.pid_of_program(), signal.SIGSTOP)
        window.wait_for(r'(?m)[Ss]topped')
        window.keys('f', 'g', 'C-j')  # Enter is not translated: the modes are still the screen's
        wait_until(lambda: 'topped' not in window.text(), 'a clean screen')
        window.keys('j')
        window.wait_for(r'(?m)^>!10.20.0.22:6379')


def a_closed_window_ends_the_program():
    for argument in ('', '--ignore-hup'):
        with Terminal() as window:
            window.start(argument)
            pid = window.pid_of_program()
            window.tmux('kill-server')
            wait_until(lambda: not is_running(pid), f'the end of the program {argument}',
                       GONE_WITHIN_S)


def is_running(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii') as stat:
            return stat.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except FileNotFoundError:
        return False


def colour_is_sent_unless_unwanted():
    foreground = r'\x1b\[[\d;]*3[0-7]'
    with Terminal() as window:
        window.start()
        expect_match(foreground, window.text('-e'), 'colour')
    for env, argument in (({'NO_COLOR': '1'}, ''), ({}, 'color=never'), ({}, 'theme=mono'),
                          ({'TERM': 'vt100'}, '')):
        with Terminal(**env) as window:
            window.start(argument)
            text = window.text('-e')
            if re.search(foreground, text):
                raise Failed(f'colour with {env} {argument}')


def ascii_is_enough_for_other_locales_and_old_terminals():
    for env in ({'LC_ALL': 'C'}, {'TERM': 'vt100'}, {'TERM': 'linux'}):
        with Terminal(**env) as window:
            window.start()
            window.wait_for(r'(?m)^ F firewall reject .*@\*\*@')
            if not window.text().isascii():
                raise Failed(f'not ASCII with {env}')


def keys_come_from_the_terminal_when_packets_come_from_a_pipe():
    with Terminal() as window:
        window.type('yes | ' + ' '.join(PROGRAM))
        window.wait_for(r'INCIDENTS')
        window.keys('j')
        window.wait_for(r'(?m)^>!10.20.0.22:6379')
        window.keys('q')
        window.wait_for(r'6 incidents; ')


def without_a_fit_terminal_it_says_what_to_do():
    with Terminal() as window:
        for line, words in (
                (' '.join(PROGRAM) + ' | cat', r'standard output is not a terminal'),
                ('TERM=nonsense ' + ' '.join(PROGRAM), r'terminal type "nonsense" is not known'),
                ('TERM=dumb ' + ' '.join(PROGRAM), r'terminal type "dumb" cannot place'),
                (' '.join(PROGRAM) + ' theme=purple', r'no setting "theme=purple"')):
            window.type('clear')
            window.type(f'stty -a > ~/before; {line}; stty -a > ~/after; echo over')
            window.wait_for(words)
            window.check_restored()


CASES = (
    the_overview_fills_80x24_and_counts_on,
    keys_are_answered,
    a_paused_screen_stands_still,
    every_size_is_good_enough,
    fifty_sizes_do_no_harm,
    quitting_leaves_the_terminal_as_it_was,
    signals_leave_the_terminal_as_it_was,
    a_stopped_program_gives_the_terminal_back_until_it_continues,
    a_stop_without_warning_is_repaired_when_it_continues,
    a_closed_window_ends_the_program,
    colour_is_sent_unless_unwanted,
    ascii_is_enough_for_other_locales_and_old_terminals,
    keys_come_from_the_terminal_when_packets_come_from_a_pipe,
    without_a_fit_terminal_it_says_what_to_do,
)


def main():
    if not have_tmux():
        return SKIPPED
    PROGRAM.extend([os.path.abspath(sys.argv[1]), *sys.argv[2:]])
    return run_cases(CASES)


if __name__ == '__main__':
    sys.exit(main())
