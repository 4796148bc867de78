# SPDX-License-Identifier: BSD-2-Clause
"""A terminal for tests: tmux, where a screen can be read back as text, and how cases are run."""

import os
import re
import shutil
import subprocess
import tempfile
import time

SKIPPED = 77
PATIENCE_S = 10    # for what should come at once; sanitizers and busy machines are slow


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

    def children(self):
        shell = self.asks('pane_pid')
        with open(f'/proc/{shell}/task/{shell}/children', encoding='ascii') as children:
            return [int(pid) for pid in children.read().split()]

    def pid_of_program(self):
        return self.children()[0]

    def is_running(self):
        return bool(self.children())

    def settle(self):
        """Until nothing has changed for a moment."""
        before = None
        while (now := self.text()) != before:
            before = now
            time.sleep(0.1)

    def check_restored(self):
        """The program is over, and the terminal is as `stty -a > ~/before` found it."""
        self.wait_for(r'(?m)^over$')
        with open(f'{self.directory.name}/before', encoding='ascii') as before, \
                open(f'{self.directory.name}/after', encoding='ascii') as after:
            expect(before.read(), after.read(), 'modes of the terminal')
        expect('0', self.asks('alternate_on'), 'alternate screen')
        expect('1', self.asks('cursor_flag'), 'cursor visible')
        expect('0', self.asks('keypad_cursor_flag'), 'application cursor keys')


def expect(wanted, got, what):
    if wanted != got:
        raise Failed(f'{what}: wanted {wanted!r}, got {got!r}')


def expect_match(pattern, text, what):
    if not re.search(pattern, text):
        raise Failed(f'{what}: no {pattern!r} in\n{text}')


def run_cases(cases):
    """Runs functions named after sentences; returns the exit status."""
    n_failed = 0
    for case in cases:
        started = time.monotonic()
        try:
            case()
            verdict = 'ok'
        except Failed as failure:
            n_failed += 1
            verdict = f'FAILED: {failure}'
        print(f'{case.__name__} ({time.monotonic() - started:.1f} s): {verdict}', flush=True)
    return 1 if n_failed else 0


def have_tmux():
    if shutil.which('tmux'):
        return True
    print('tmux is not installed: nothing was tested')
    return False
