# SPDX-License-Identifier: BSD-2-Clause
"""The source tree as the lints see it."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDERS = ('base', 'capture', 'decode', 'flowtable', 'verdict', 'sink', 'tui', 'app')

NOT_CODE = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', re.DOTALL)


def c_files(*folders):
    """Headers and sources of the program's folders, or of others."""
    return sorted(path for folder in folders or FOLDERS for path in (ROOT / folder).rglob('*')
                  if path.suffix in ('.c', '.h'))


def name(path):
    return path.relative_to(ROOT).as_posix()


def code_lines(path):
    """(number, line) without comments and literals."""
    blank = NOT_CODE.sub(lambda match: re.sub(r'[^\n]', ' ', match[0]), path.read_text())
    return enumerate(blank.splitlines(), 1)


def finish(complaints):
    """Ends the lint: 1 where it has something to say."""
    for text in complaints:
        print(text)
    sys.exit(1 if complaints else 0)
