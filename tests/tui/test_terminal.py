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
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
PATIENCE_S = 10    # for what should come at once; sanitizers and busy machines are slow
GONE_WITHIN_S = 5  # a program whose terminal is gone; 0.3 s where nothing else runs

PROGRAM = []


class Failed(Exception):
    pass


def wait_until(is_true, what, patience_s=PATIENCE_S):
    end = time.monotonic() + patience_s
    while not is_true():
        if time.monotonic() > end:
            raise Failed(f'waited in vain for {what}')
        time.sleep(0.02)


class Terminal:
    """A shell in a tmux window of its own server, with a directory for its files."""

    def __init__(self, lines=24, cols=80, **env):
        self.directory = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.directory.name, 'tmux')
        # The leak checker stops the process from outside when it exits; where the terminal goes
        # away at the same moment it waits for ever, and takes a core.
        shell_env = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'PS1': '$ ', 'ENV': '',
                     'HOME': self.directory.name, 'ASAN_OPTIONS': 'detect_leaks=0', **env}
        words = [f'{name}={value}' for name, value in shell_env.items()]
        self.tmux('-f', '/dev/null', 'new-session', '-d', '-x', str(cols), '-y', str(lines),
                  'exec env -i TERM=' + env.get('TERM', 'screen-256color') + ' '
                  + ' '.join(f"'{word}'" for word in words) + ' /bin/sh -i')
        self.tmux('set-option', '-g', 'window-size', 'manual')
        wait_until(lambda: '$' in self.text(), 'the shell')

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        subprocess.run(['tmux', '-u', '-S', self.socket, 'kill-server'], check=False,
                       capture_output=True)
        self.directory.cleanup()

    def tmux(self, *words):
        result = subprocess.run(['tmux', '-u', '-S', self.socket, *words], capture_output=True,
                                text=True, check=False)
        if result.returncode != 0:
            raise Failed(f'tmux {words[0]}: {result.stderr.strip()}')
        return result.stdout

    def text(self, *options):
        return self.tmux('capture-pane', '-p', *options)

    def rows(self):
        return self.text().split('\n')

    def keys(self, *keys):
        self.tmux('send-keys', *keys)

    def type(self, line):
        self.tmux('send-keys', '-l', line)
        self.keys('Enter')

    def resize(self, lines, cols):
        self.tmux('resize-window', '-x', str(cols), '-y', str(lines))

    def asks(self, question):
        return self.tmux('display-message', '-p', f'#{{{question}}}').strip()

    def wait_for(self, pattern):
        try:
            wait_until(lambda: re.search(pattern, self.text()), repr(pattern))
        except Failed as failure:
            raise Failed(f'{failure}; the screen is\n{self.text()}') from None

    def pid_of_program(self):
        shell = self.asks('pane_pid')
        with open(f'/proc/{shell}/task/{shell}/children', encoding='ascii') as children:
            return int(children.read().split()[0])

    def start(self, *arguments):
        self.type(' '.join([*PROGRAM, *arguments]))
        self.wait_for(r'INCIDENTS')

    def start_between_stty(self, *arguments):
        """Notes the modes before and after; ends the shell's line with the exit status."""
        program = ' '.join([*PROGRAM, *arguments])
        self.type(f'stty -a > ~/before; {program}; echo status $?; stty -a > ~/after; echo over')
        self.wait_for(r'INCIDENTS')

    def check_restored(self):
        """The program is over, and the terminal is as it was."""
        self.wait_for(r'(?m)^over$')
        with open(f'{self.directory.name}/before', encoding='ascii') as before, \
                open(f'{self.directory.name}/after', encoding='ascii') as after:
            expect(before.read(), after.read(), 'modes of the terminal')
        expect('0', self.asks('alternate_on'), 'alternate screen')
        expect('1', self.asks('cursor_flag'), 'cursor visible')
        expect('0', self.asks('keypad_cursor_flag'), 'application cursor keys')

    def cursor_row(self):
        found = re.search(r'(?m)^>.*$', self.text())
        return found.group(0) if found else None


def expect(wanted, got, what):
    if wanted != got:
        raise Failed(f'{what}: wanted {wanted!r}, got {got!r}')


def expect_match(pattern, text, what):
    if not re.search(pattern, text):
        raise Failed(f'{what}: no {pattern!r} in\n{text}')


def judged(text):
    """The count of failures in the title of Latest."""
    return int(re.search(r'([\d,]+) judged', text).group(1).replace(',', ''))


# Cases.

def the_overview_fills_80x24_and_counts_on():
    with Terminal() as terminal:
        terminal.start()
        rows = terminal.rows()
        expect_match(r'^ tcpwhy  lo LIVE  03:44:', rows[0], 'first line')
        expect_match(r'6 INCIDENTS$', rows[1], 'second line')
        expect_match(r'^─ Why ─', rows[2], 'Why')
        expect_match(r'^ F firewall reject .*█▆▆█', rows[4], 'firewall reject')
        expect_match(r'^─ Where ─', rows[9], 'Where')
        expect_match(r'^>!10.20.0.21:7000 +rst_forged', rows[10], 'first endpoint')
        expect_match(r'^─ Latest ─', rows[17], 'Latest')
        expect_match(r'q quit$', rows[23], 'keys')
        before = judged(terminal.text())
        wait_until(lambda: judged(terminal.text()) > before, 'newer figures')


def keys_are_answered():
    with Terminal() as terminal:
        terminal.start()
        terminal.keys('j')
        terminal.wait_for(r'(?m)^>!10.20.0.22:6379')
        terminal.keys('Up')
        terminal.wait_for(r'(?m)^>!10.20.0.21:7000')
        terminal.keys('Tab')
        terminal.wait_for(r'(?m)^>03:44:48.4 B 10.20.0.10:57247')
        terminal.keys('BTab', 'v')
        terminal.wait_for(r'(?m)^ T timeout')
        terminal.keys('2')
        terminal.wait_for(r'(?m)^─ Selected')
        terminal.keys('Escape')
        terminal.wait_for(r'(?m)^─ Latest')
        terminal.keys('?')
        terminal.wait_for(r'any key: back')
        terminal.keys('x')
        terminal.wait_for(r'(?m)^─ Why')
        terminal.keys('F1')
        terminal.wait_for(r'any key: back')


def a_paused_screen_stands_still():
    with Terminal() as terminal:
        terminal.start()
        terminal.keys('p')
        terminal.wait_for(r'PAUSED, [1-9]\d* failed since')
        before = judged(terminal.text())
        terminal.wait_for(r'PAUSED, [1-9]\d+ failed since')
        expect(before, judged(terminal.text()), 'figures of the paused screen')
        terminal.keys('F5')
        wait_until(lambda: judged(terminal.text()) > before + 10, 'newer figures')


def every_size_is_good_enough():
    with Terminal() as terminal:
        terminal.start()
        terminal.keys('j', 'j')
        terminal.wait_for(r'(?m)^>!10.20.0.24:8443')
        terminal.resize(40, 120)
        terminal.wait_for(r'(?m)^─ Selected')
        terminal.resize(10, 40)
        terminal.wait_for(r'\? help  q quit')
        expect_match(r'>!10.20.0.24:8443', terminal.cursor_row(), 'cursor at 40x10')
        terminal.resize(5, 20)
        terminal.wait_for(r'^\d+ failed, 6 incide\n')
        terminal.resize(24, 80)
        terminal.wait_for(r'(?m)^─ Latest')
        expect_match(r'>!10.20.0.24:8443', terminal.cursor_row(), 'cursor at 80x24')


def fifty_sizes_do_no_harm():
    sizes = random.Random(50)
    with Terminal() as terminal:
        terminal.start()
        terminal.keys('j', 'j', 'j', 'p')
        terminal.wait_for(r'PAUSED')
        terminal.wait_for(r'(?m)^>!10.20.0.22:5432')
        before = terminal.rows()[1:]  # the first line counts on
        for _ in range(50):
            terminal.resize(sizes.randint(1, 60), sizes.randint(2, 200))
            time.sleep(0.02)
        terminal.resize(24, 80)
        wait_until(lambda: terminal.rows()[1:] == before, 'the same screen as before')


def quitting_leaves_the_terminal_as_it_was():
    for key in ('q', 'C-c', 'F10'):
        with Terminal() as terminal:
            terminal.start_between_stty()
            terminal.keys(key)
            terminal.check_restored()
            text = terminal.text()
            expect_match(r'(?m)^status 0$', text, f'exit status after {key}')
            expect_match(r'(?m)^\d+ attempts, \d+ failed, 6 incidents; most often \w+', text,
                         f'summary after {key}')


def signals_leave_the_terminal_as_it_was():
    for number in (signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
        with Terminal() as terminal:
            terminal.type('ulimit -c 0')
            terminal.start_between_stty()
            os.kill(terminal.pid_of_program(), number)
            terminal.check_restored()
            is_fatal = number != signal.SIGTERM
            expect_match(r'(?m)^status [1-9]' if is_fatal else r'(?m)^status 0$',
                         terminal.text('-S', '-'), f'exit status after {number.name}')


def a_stopped_program_gives_the_terminal_back_until_it_continues():
    with Terminal() as terminal:
        terminal.type('stty -a > ~/before')
        terminal.start()
        terminal.keys('j')
        terminal.wait_for(r'(?m)^>!10.20.0.22:6379')
        terminal.keys('C-z')
        terminal.wait_for(r'(?m)[Ss]topped')
        terminal.type('stty -a > ~/after; echo over')
        terminal.check_restored()
        terminal.type('fg')
        terminal.wait_for(r'(?m)^>!10.20.0.22:6379')
        expect('1', terminal.asks('alternate_on'), 'alternate screen')
        terminal.keys('k')
        terminal.wait_for(r'(?m)^>!10.20.0.21:7000')
        terminal.keys('q')
        terminal.wait_for(r'6 incidents; ')


def a_stop_without_warning_is_repaired_when_it_continues():
    with Terminal() as terminal:
        terminal.start()
        os.kill(terminal.pid_of_program(), signal.SIGSTOP)
        terminal.wait_for(r'(?m)[Ss]topped')
        terminal.keys('f', 'g', 'C-j')  # Enter is not translated: the modes are still the screen's
        wait_until(lambda: 'topped' not in terminal.text(), 'a clean screen')
        terminal.keys('j')
        terminal.wait_for(r'(?m)^>!10.20.0.22:6379')


def a_closed_window_ends_the_program():
    for argument in ('', '--ignore-hup'):
        with Terminal() as terminal:
            terminal.start(argument)
            pid = terminal.pid_of_program()
            terminal.tmux('kill-server')
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
    with Terminal() as terminal:
        terminal.start()
        expect_match(foreground, terminal.text('-e'), 'colour')
    for env, argument in (({'NO_COLOR': '1'}, ''), ({}, 'color=never'), ({}, 'theme=mono'),
                          ({'TERM': 'vt100'}, '')):
        with Terminal(**env) as terminal:
            terminal.start(argument)
            text = terminal.text('-e')
            if re.search(foreground, text):
                raise Failed(f'colour with {env} {argument}')


def ascii_is_enough_for_other_locales_and_old_terminals():
    for env in ({'LC_ALL': 'C'}, {'TERM': 'vt100'}, {'TERM': 'linux'}):
        with Terminal(**env) as terminal:
            terminal.start()
            terminal.wait_for(r'(?m)^ F firewall reject .*@\*\*@')
            if not terminal.text().isascii():
                raise Failed(f'not ASCII with {env}')


def keys_come_from_the_terminal_when_packets_come_from_a_pipe():
    with Terminal() as terminal:
        terminal.type('yes | ' + ' '.join(PROGRAM))
        terminal.wait_for(r'INCIDENTS')
        terminal.keys('j')
        terminal.wait_for(r'(?m)^>!10.20.0.22:6379')
        terminal.keys('q')
        terminal.wait_for(r'6 incidents; ')


def without_a_fit_terminal_it_says_what_to_do():
    with Terminal() as terminal:
        for line, words in (
                (' '.join(PROGRAM) + ' | cat', r'standard output is not a terminal'),
                ('TERM=nonsense ' + ' '.join(PROGRAM), r'terminal type "nonsense" is not known'),
                ('TERM=dumb ' + ' '.join(PROGRAM), r'terminal type "dumb" cannot place'),
                (' '.join(PROGRAM) + ' theme=purple', r'no setting "theme=purple"')):
            terminal.type('clear')
            terminal.type(f'stty -a > ~/before; {line}; stty -a > ~/after; echo over')
            terminal.wait_for(words)
            terminal.check_restored()


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
    if not shutil.which('tmux'):
        print('tmux is not installed: nothing was tested')
        return SKIPPED
    PROGRAM.extend([os.path.abspath(sys.argv[1]), *sys.argv[2:]])
    n_failed = 0
    for case in CASES:
        started = time.monotonic()
        try:
            case()
            verdict = 'ok'
        except Failed as failure:
            n_failed += 1
            verdict = f'FAILED: {failure}'
        print(f'{case.__name__} ({time.monotonic() - started:.1f} s): {verdict}', flush=True)
    return 1 if n_failed else 0


if __name__ == '__main__':
    sys.exit(main())
