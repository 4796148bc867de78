#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""check_schema.py finds what is wrong: each case spoils one thing in lines that are right."""
import io
import json
import pathlib
import unittest

import jsonschema

import check_schema

HERE = pathlib.Path(__file__).parent
LINES = (HERE.parent / 'golden' / 'json' / 'lines.jsonl').read_bytes().splitlines(keepends=True)
VALIDATOR = jsonschema.Draft202012Validator(json.loads(check_schema.SCHEMA.read_text()))


def faults(lines):
    return [fault for _, fault in check_schema.check_file(io.BytesIO(b''.join(lines)), VALIDATOR,
                                                          False)]


def position(event):
    return next(i for i, raw in enumerate(LINES) if json.loads(raw)['event'] == event)


def spoiled(event, change):
    """The lines, with the first one of that kind changed."""
    lines = list(LINES)
    line = json.loads(lines[position(event)])
    change(line)
    lines[position(event)] = json.dumps(line, separators=(',', ':')).encode() + b'\n'
    return lines


def put(*path_and_value):
    *path, key, value = path_and_value

    def change(line):
        for step in path:
            line = line[step]
        line[key] = value
    return change


SPOILED = [
    ('start', put('start', 'mode', 'replay'), 'depends on its process'),
    ('failure', put('seq', 9), 'after 9'),
    ('failure', put('extra', 1), 'Additional properties'),
    ('failure', put('family', None), 'family: None'),
    ('failure', put('msg', 'x' * 257), 'msg: '),
    ('failure', put('ts', '2026-11-21T03:44:08.926Z'), 'ts: '),
    ('failure', put('sensor', 'x' * 9000), ' bytes'),
    ('failure', put('count', 2), 'count is not 1 with --all'),
    ('failure', put('flow', 'duration_ns', 5), 'duration_ns'),
    ('failure', put('flow', 'community_id', '1:' + 27 * 'A' + '='), 'community_id'),
    ('failure', put('evidence', 0, 'ts', '2027-01-01T00:00:00.000000000Z'), 'time order'),
    ('failure', put('evidence_total', 1), 'evidence_total'),
    ('failure', put('alternatives', ['icmp-admin-prohibited']), 'own alternative'),
    ('failure', put('incident_id', '8f1d2c64a7b3-9'), 'without a line'),
    ('failure', put('family', 'refused'), 'failed_by_family'),
    ('incident', put('incident', 'number', 4), 'run-number'),
    ('incident', put('incident', 'failures', 61), 'failures fell'),
    ('incident', put('incident', 'phase', 'update'), 'not open'),
    ('incident', put('incident', 'close_reason', 'quiet'), 'close_reason'),
    ('stats', put('stats', 'total', 'failed', 6), 'sum of failed_by_family'),
    ('stats', put('stats', 'total', 'attempts', 99), 'attempts is not'),
    ('stats', put('stats', 'total', 'packets', 9999), 'packets fell'),
    ('stop', put('stop', 'total', 'lines', 3), 'total.lines'),
    ('stop', put('stop', 'incidents_still_open', ['8f1d2c64a7b3-1']), 'incidents_still_open'),
]


class CheckSchema(unittest.TestCase):
    def test_right_lines_have_no_fault(self):
        self.assertEqual(faults(LINES), [])

    def test_each_spoiled_line_is_found(self):
        for event, change, wanted in SPOILED:
            with self.subTest(event=event, wanted=wanted):
                found = faults(spoiled(event, change))
                self.assertTrue(any(wanted in fault for fault in found), found)

    def test_a_missing_line_is_found(self):
        for i in range(len(LINES)):
            with self.subTest(line=i + 1):
                self.assertTrue(faults(LINES[:i] + LINES[i + 1:]))

    def test_a_missing_line_that_was_counted_is_no_fault(self):
        def count(event):
            def change(line):
                line[event]['total']['output_errors'] = 1
            return change
        lines = list(LINES)
        for event in ('stats', 'stop'):
            lines[position(event)] = spoiled(event, count(event))[position(event)]
        del lines[position('failure')]
        self.assertEqual(faults(lines), [])
        self.assertNotEqual(faults(lines[:position('stats') - 1]), [])

    def test_order_of_the_common_fields_is_checked(self):
        def turn(line):
            line['schema'] = line.pop('schema')
        self.assertIn('the common fields are not in their order', faults(spoiled('start', turn)))

    def test_half_a_line_and_an_empty_file_are_found(self):
        self.assertNotEqual(faults(LINES[:-1] + [LINES[-1][:-1]]), [])
        self.assertEqual(faults([]), ['empty'])

    def test_a_key_that_stands_twice_is_found(self):
        lines = [LINES[0].replace(b'"pid":4242', b'"pid":4242,"pid":4242'), *LINES[1:]]
        self.assertTrue(any('twice' in fault for fault in faults(lines)))


if __name__ == '__main__':
    unittest.main()
