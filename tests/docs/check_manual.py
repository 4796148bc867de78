#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does the man page list the options that --help lists? check_manual.py TCPWHY"""

import pathlib
import re
import subprocess
import sys

MANUAL = pathlib.Path(__file__).resolve().parent.parent.parent / 'docs/tcpwhy.8'
HELP_ROW = re.compile(r'^  (?:-(\w), |    )--([\w-]+)(?: ([A-Z]\S*))?', re.MULTILINE)
MANUAL_ROW = re.compile(r'^\.It (?:Fl (\w) , )?Fl Fl ([\w-]+)(?: Ar (\S+))?$', re.MULTILINE)


def main():
    text = subprocess.run([sys.argv[1], '--help'], capture_output=True, text=True,
                          check=True).stdout
    told, written = HELP_ROW.findall(text), MANUAL_ROW.findall(MANUAL.read_text())
    for row in sorted(set(told) - set(written)):
        print('not in the man page, or otherwise:', *row)
    for row in sorted(set(written) - set(told)):
        print('not in --help, or otherwise:', *row)
    if told != written:
        print('the man page has another list, or in another order')
    return 0 if told and told == written else 1


if __name__ == '__main__':
    sys.exit(main())
