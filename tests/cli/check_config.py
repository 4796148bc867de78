#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The configuration file, the environment, --check and --dump-config. check_config.py TCPWHY"""

import os
import subprocess

import program
from program import FINE, USAGE, WORLD


class Case(program.Case):
    def config(self, text):
        (self.folder / 'conf').write_text(text)

    def run_with(self, *arguments, **variables):
        """(exit status, standard output, standard error) with conf and these variables."""
        run = subprocess.run([self.program, '--config', 'conf', *arguments], cwd=self.folder,
                             capture_output=True, text=True, check=False, timeout=program.RUN_S,
                             env={**os.environ, **variables})
        return run.returncode, run.stdout, run.stderr

    def dumped(self, *arguments, **variables):
        """What is set, as {name: [values]}."""
        status, out, err = self.run_with('--dump-config', *arguments, **variables)
        self.assertEqual((status, err), (FINE, ''))
        found = {}
        for line in out.splitlines():
            if not line.startswith('#'):
                name, value = line.split(' = ', 1)
                found.setdefault(name, []).append(value)
        return found


class Reading(Case):
    def test_the_file_says_what_the_command_line_can(self):
        self.config('# for the night\n\n  read =  demo.pcap\njson = yes\nsensor=web-7\n'
                    'tag = site=lab\ntag = rack = 4\nall = no\n')
        status, out, err = self.run_with()
        self.assertEqual((status, err), (FINE, ''))
        first = out.splitlines()[0]
        self.assertIn('"sensor":"web-7"', first)
        self.assertIn('"tags":{"site":"lab","rack":" 4"}', first.replace('"rack ":', '"rack":'))
        self.assertNotIn('"event":"connection"', out)

    def test_the_command_line_wins_then_the_environment_then_the_file(self):
        self.config('sensor = file\nduration = 1s\nthreads = 1\n')
        variables = {'TCPWHY_SENSOR': 'environment', 'TCPWHY_DURATION': '2s'}
        self.assertEqual(self.dumped('--sensor', 'line', **variables),
                         {'sensor': ['line'], 'duration': ['2s'], 'threads': ['1']})

    def test_lists_are_replaced_and_not_added_to(self):
        self.config('tag = a=1\ntag = b=2\nfail-on = any\n')
        self.assertEqual(self.dumped('--tag', 'c=3', '--tag', 'd=4'),
                         {'tag': ['c=3', 'd=4'], 'fail-on': ['any']})

    def test_the_environment_holds_lists(self):
        self.config('')
        self.assertEqual(self.dumped(TCPWHY_TAGS='namespace=web,node=a', TCPWHY_FAIL_ON='any, reset'),
                         {'tag': ['namespace=web', 'node=a'], 'fail-on': ['any', 'reset']})

    def test_what_is_empty_or_not_ours_in_the_environment_is_nothing(self):
        self.config('')
        self.assertEqual(self.dumped(TCPWHY_SENSOR='', TCPWHY_PORT='tcp://10.0.0.1:9817'), {})

    def test_a_choice_replaces_the_choice_it_excludes(self):
        self.config('interface = eth0\njson = yes\nhost-evidence = yes\n')
        self.assertEqual(self.dumped('-r', 'demo.pcap', '--text', '--no-host-evidence'),
                         {'read': ['demo.pcap'], 'text': ['yes'], 'no-host-evidence': ['yes']})

    def test_a_filter_on_the_command_line_replaces_that_of_the_file(self):
        (self.folder / 'filter').write_text('port 1\n')
        self.config('filter-file = filter\nread = demo.pcap\n')
        self.assertIn('"filter":"port 1', self.run_with('--json')[1])
        self.assertIn('"filter":"port 80"', self.run_with('--json', 'port', '80')[1])

    def test_no_file(self):
        self.config('nonsense\n')
        for arguments, variables in ((['--config', 'none'], {}), ([], {'TCPWHY_CONFIG': 'none'})):
            run = subprocess.run([self.program, '-r', 'demo.pcap', '--null', *arguments],
                                 cwd=self.folder, check=False, env={**os.environ, **variables})
            self.assertEqual(run.returncode, FINE)

    def test_help_and_version_need_no_good_file(self):
        self.config('nonsense\n')
        self.assertEqual(self.run_with('--version')[0], FINE)
        self.assertEqual(self.run_with('--help')[0], FINE)


class Wrong(Case):
    def test_what_is_wrong_is_told_with_its_line(self):
        for text, line, word in (
                ('\n\nnonsense = 1\n', 3, 'unknown option "nonsense"'),
                ('stats_interval = 10s', 1, 'unknown option "stats_interval"'),
                ('sensor = a\nduration = 5 weeks\n', 2, '--duration wants a time'),
                ('# \nthreads = 0\n', 2, '--threads'),
                ('json\n', 1, 'json has no value: json = yes'),
                ('json = maybe\n', 1, 'json wants yes or no, not "maybe"'),
                ('sensor =\n', 1, 'sensor has no value: sensor = NAME'),
                ('check = yes\n', 1, 'command line'),
                ('config = other\n', 1, 'command line'),
                ('= 5\n', 1, 'unknown option ""'),
                ('fail-on = rain\r\n', 1, 'not "rain"'),
                ('incident = burst_failures=0\n', 1, 'burst_failures'),
        ):
            with self.subTest(text):
                self.config(text)
                status, out, err = self.run_with('--check')
                self.assertEqual((status, out), (USAGE, ''))
                self.assertTrue(err.startswith(f'tcpwhy: conf:{line}: '), err)
                self.assertIn(word, err)

    def test_a_variable_is_told_by_its_name(self):
        self.config('')
        status, _, err = self.run_with('--check', TCPWHY_STATS_INTERVAL='soon')
        self.assertEqual(status, USAGE)
        self.assertTrue(err.startswith('tcpwhy: TCPWHY_STATS_INTERVAL: '), err)

    def test_what_is_overruled_is_not_looked_at_but_must_exist(self):
        self.config('duration = 5 weeks\n')
        self.assertEqual(self.run_with('--check', '--duration', '1s')[0], FINE)

    def test_files_that_cannot_be_one(self):
        self.assertEqual(self.run_with('--check')[0], WORLD)
        self.assertEqual(self.run_text('--config', '.', '--check')[0], WORLD)
        (self.folder / 'conf').write_bytes(b'sensor = a\0b\n')
        self.assertIn('is no configuration file', self.run_with('--check')[2])


class Checking(Case):
    def test_what_is_good_is_not_run(self):
        self.config('interface = nowhere0\njson = yes\noutput = events\n')
        status, out, err = self.run_with('--check', 'tcp', 'port', '443')
        self.assertEqual((status, err), (FINE, ''))
        self.assertIn('good', out)
        self.assertFalse((self.folder / 'events').exists())

    def test_the_filter_and_the_memory_are_looked_at_too(self):
        self.config('interface = lo\n')
        self.assertIn('^', self.run_with('--check', 'prt', '80')[2])
        self.config('interface = lo\nmemory = 1M\n')
        status, _, err = self.run_with('--check')
        self.assertEqual(status, USAGE)
        self.assertIn('--memory', err)

    def test_what_is_dumped_can_be_read_again(self):
        self.config('sensor = a b\ntag = x=1\ntag = y=2\njson = yes\n')
        first = self.run_with('--dump-config', '--memory', '64M', TCPWHY_QUIET='yes')[1]
        for word in ('# conf:1\nsensor = a b\n', '# command line\nmemory = 64M\n',
                     '# TCPWHY_QUIET\nquiet = yes\n', '\n# threads = N ('):
            self.assertIn(word, first)
        found = self.dumped('--memory', '64M', TCPWHY_QUIET='yes')
        self.config(first)
        self.assertEqual(self.dumped(), found)


if __name__ == '__main__':
    program.main()
