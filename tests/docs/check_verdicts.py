#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does every verdict have all that a verdict needs?

    check_verdicts.py VERDICT_ROWS

For each row of VERDICT_TABLE: a unit test of its rule, a `hit-` and a `near-` capture, a section
in docs/verdicts.md, and advice. What is not there yet stands in MISSING, which may only shrink: an
entry that is not needed any more is an error too.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Slug and what it lacks.
MISSING = {}


def unit_tests():
    """The text of all unit tests of the rules."""
    return '\n'.join(path.read_text()
                     for path in sorted((ROOT / 'tests/unit/verdict').glob('test_rules_*.c')))


def expects(path, slug):
    """Whether one line beside the capture wants that verdict, or allows it as well."""
    lines = map(json.loads, path.with_suffix('.expect').read_text().splitlines())
    return any(slug in (line['verdict'], *line.get('accept', [])) for line in lines)


def has_capture(slug, kind):
    """A near miss need not get the verdict; one of the hits must."""
    paths = list((ROOT / 'pcaps' / slug).glob(f'{kind}-*.pcap'))
    return bool(paths) and (kind == 'near' or any(expects(path, slug) for path in paths))


def is_advised(row):
    """Words for all; a command to run next for what is no fine connection."""
    return bool(row['doc']) and (row['kind'] == 'fine' or bool(row['next']))


def lacks(row, tests, headings):
    slug = row['slug']
    has = {
        'unit test': re.search(rf'\brule_{slug.replace("-", "_")}\b', tests),
        'hit': has_capture(slug, 'hit'),
        'near': has_capture(slug, 'near'),
        'docs': slug in headings,
        'advice': is_advised(row),
    }
    return {what for what, is_there in has.items() if not is_there}


def main():
    output = subprocess.run([sys.argv[1]], capture_output=True, text=True, check=True).stdout
    rows = [json.loads(line) for line in output.splitlines()]
    tests = unit_tests()
    headings = re.findall(r'^### ([a-z0-9-]+)$', (ROOT / 'docs/verdicts.md').read_text(), re.M)
    wrong = []
    for row in rows:
        found, known = lacks(row, tests, headings), MISSING.get(row['slug'], set())
        wrong += [f'{row["slug"]} has no {what}' for what in sorted(found - known)]
        wrong += [f'{row["slug"]} has its {what}: take it off the list of what is missing'
                  for what in sorted(known - found)]
    wrong += [f'{slug} is on the list of what is missing and is no verdict'
              for slug in MISSING.keys() - {row['slug'] for row in rows}]
    print(*wrong, sep='\n')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
