#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares conn_state with what Zeek's own tests expect of the same captures.

Usage: check_zeek.py TCPWHY CORPUS_DIR

Where the two differ on purpose stands in docs/zeek.md, with the reason: each difference must be in
that table, and each row of the table must be a difference. So must the rows on our own captures be
true, which need no corpus. Exits with 77 (skipped) where it is absent and these are right: users'
clones do not have it.
"""
import json
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from check_corpus import events_of, find_event

ROOT = Path(__file__).resolve().parent.parent.parent
# Two forms of Zeek's baselines: a line of conn.log, and a script that prints history and state.
LOG = re.compile(r'zeek Baseline/(\S+?)/.*conn_state=(\w+)')
PRINTED = re.compile(r'zeek Baseline/(\S+?)/\S*: [\w^]+, (\w+)$')
ROW = re.compile(r'^\| `([^`]+)` \| (\d+) \| (\w+) \| (\w+) \| ', re.M)
OWN_ROW = re.compile(r'^\| `([^`]+)` \| ([A-Z]\w+) \| (\w+) \| ', re.M)


def wrong_captures(program, text):
    """Rows on captures of ours that do not hold."""
    wrong = []
    for name, state, outcome in OWN_ROW.findall(text):
        events = sum(events_of(program, ROOT / 'pcaps' / f'{name}.pcap').values(), [])
        if not any((event['flow']['conn_state'], event['outcome']) == (state, outcome)
                   for event in events):
            wrong.append(f'{name}: no connection with {state} and {outcome}')
    return wrong


def compare(program, corpus, documented):
    """(how many states are Zeek's, what is wrong with the others)."""
    found, n_same, wrong = {}, 0, []
    for line in (corpus / 'labels.jsonl').read_text().splitlines():
        label = json.loads(line)
        wanted = zeek_state(label)
        if not wanted:
            continue
        file, place = label['file'], (label['file'], label['first_frame'])
        if file not in found:
            found[file] = events_of(program, corpus / 'pcaps' / file)
        event = find_event(found[file], label)
        got = event['flow']['conn_state'] if event else 'nothing'
        if got == wanted and place not in documented:
            n_same += 1
        elif documented.pop(place, None) != (wanted, got):
            wrong.append(f'{file}, frame {place[1]}: {got}, Zeek has {wanted}')
    return n_same, wrong + [f'{file}, frame {frame}: in docs/zeek.md and no difference any more'
                            for file, frame in documented]


def zeek_state(label):
    """What Zeek expects of a labelled connection; None where its tests do not say."""
    for evidence in label['evidence']:
        match = LOG.search(evidence) or PRINTED.search(evidence)
        if match:
            return match[2]
    return None


def main():
    program, corpus = sys.argv[1], Path(sys.argv[2])
    text = (ROOT / 'docs/zeek.md').read_text()
    documented = {(file, int(frame)): (zeek, ours) for file, frame, zeek, ours in ROW.findall(text)}
    wrong = wrong_captures(program, text)
    if not (corpus / 'labels.jsonl').exists():
        print(*wrong, f'skipped: no corpus at {corpus}', sep='\n')
        return 1 if wrong else 77
    n_same, differences = compare(program, corpus, documented)
    print(*wrong, *differences, f'{n_same} as Zeek has it', sep='\n')
    return 1 if wrong or differences else 0


if __name__ == '__main__':
    sys.exit(main())
