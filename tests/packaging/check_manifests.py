#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Kubernetes' manifests and the container's recipe: check_manifests.py TCPWHY"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'cli'))

import program  # noqa: E402

try:
    import yaml
except ImportError:
    print('not installed: python3-yaml')
    raise SystemExit(77)

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KUBERNETES = ROOT / 'packaging/kubernetes'
CONTAINER = ROOT / 'packaging/container'
UNITS = {'Mi': 1 << 20, 'Gi': 1 << 30, 'M': 1 << 20, 'G': 1 << 30}
DEFAULT_MEMORY = 252 << 20
NEEDED_BESIDE = 4 << 20  # docs: the program itself takes two or three MiB more


def size(text):
    number, unit = re.fullmatch(r'(\d+)(\w+)', text).groups()
    return int(number) * UNITS[unit]


def pods():
    """(file, specification of a pod, its container of tcpwhy)"""
    for path in sorted(KUBERNETES.glob('*.yaml')):
        for document in yaml.safe_load_all(path.read_text()):
            spec = document.get('spec', {})
            spec = spec.get('template', {}).get('spec', spec)
            for container in spec.get('initContainers', []) + spec.get('containers', []):
                if container['name'] == 'tcpwhy':
                    yield path.name, spec, container


class Kubernetes(unittest.TestCase):
    program = None

    def options(self, container):
        return dict((arg.lstrip('-').split('=', 1) + [''])[:2] for arg in container['args'])

    def test_there_is_a_sidecar_and_a_daemonset(self):
        self.assertEqual([name for name, _, _ in pods()], ['daemonset.yaml', 'sidecar.yaml'])

    def test_the_program_knows_every_option(self):
        text = subprocess.run([self.program, '--help'], capture_output=True, text=True,
                              check=True).stdout
        known = set(re.findall(r'--([\w-]+)', text))
        for name, _, container in pods():
            self.assertLessEqual(set(self.options(container)), known, name)

    def test_probes_and_scrapes_go_where_the_program_listens(self):
        for name, _, container in pods():
            port = int(self.options(container)['metrics'].rsplit(':', 1)[1])
            self.assertEqual({entry['name']: entry['containerPort'] for entry in container['ports']},
                             {'metrics': port}, name)
            self.assertEqual(container['startupProbe']['httpGet'],
                             {'path': '/readyz', 'port': 'metrics'})
            self.assertEqual(container['livenessProbe']['httpGet'],
                             {'path': '/healthz', 'port': 'metrics'})
            self.assertIn(f'prometheus.io/port: "{port}"', (KUBERNETES / name).read_text())

    def test_it_has_one_right_and_no_other(self):
        for name, spec, container in pods():
            context = container['securityContext']
            self.assertEqual(context['capabilities'], {'drop': ['ALL'], 'add': ['NET_RAW']}, name)
            self.assertEqual(context['runAsUser'], 0)  # the others get no capability
            self.assertIs(context['allowPrivilegeEscalation'], False)
            self.assertIs(context['readOnlyRootFilesystem'], True)
            self.assertEqual(context['seccompProfile'], {'type': 'RuntimeDefault'})
            self.assertNotIn('privileged', context)
            self.assertNotIn('volumeMounts', container)
            for key in ('hostPID', 'hostIPC', 'shareProcessNamespace'):
                self.assertNotIn(key, spec)

    def test_its_memory_is_under_the_limit(self):
        for name, _, container in pods():
            memory = self.options(container).get('memory')
            needed = (size(memory) if memory else DEFAULT_MEMORY) + NEEDED_BESIDE
            self.assertLess(needed, size(container['resources']['limits']['memory']), name)

    def test_variables_are_defined_before_they_are_used(self):
        for name, _, container in pods():
            used = set(re.findall(r'\$\((\w+)\)', ' '.join(container['args'])))
            self.assertEqual(used, {entry['name'] for entry in container['env']}, name)

    def test_the_sidecar_is_one_and_the_daemonset_is_on_the_host(self):
        of = {name: (spec, container) for name, spec, container in pods()}
        spec, container = of['sidecar.yaml']
        self.assertEqual(container['restartPolicy'], 'Always')
        self.assertIn(container, spec['initContainers'])
        self.assertNotIn('hostNetwork', spec)
        self.assertIs(of['daemonset.yaml'][0]['hostNetwork'], True)


class Alerts(unittest.TestCase):
    def test_rules_name_only_metrics_that_there_are(self):
        source = (ROOT / 'sink/metrics.c').read_text()
        rules = (ROOT / 'packaging/prometheus/tcpwhy.rules.yml').read_text()
        named = set(re.findall(r'\b((?:tcpwhy|process)_\w+)', rules))
        self.assertGreater(len(named), 8)
        self.assertEqual([name for name in named if f'"{name}"' not in source], [])


class Container(unittest.TestCase):
    program = None

    def test_it_builds_with_the_packages_that_setup_knows(self):
        recipe = (CONTAINER / 'Containerfile').read_text()
        setup = (ROOT / 'setup.sh').read_text()
        wanted = set(re.search(r'build_packages=\((.*?)\)', setup, re.DOTALL)[1].split())
        installed = set(re.search(r'apt-get install (.*?)\n[A-Z]', recipe, re.DOTALL)[1].split())
        self.assertEqual(wanted - installed, set())

    def test_what_it_copies_and_starts_is_there(self):
        recipe = (CONTAINER / 'Containerfile').read_text()
        self.assertEqual(re.findall(r'^FROM (\S+)', recipe, re.MULTILINE),
                         ['debian:12', 'scratch'])
        for name in re.findall(r'/source/(\S+)', recipe):
            self.assertTrue(os.access(ROOT / name, os.X_OK), name)
        self.assertIn('ENTRYPOINT ["/usr/bin/tcpwhy"]', recipe)
        schema = (ROOT / 'sink/json_line.h').read_text()
        version = re.search(r'JSON_SCHEMA_VERSION "([\d.]+)"', schema)[1]
        self.assertIn(f'tcpwhy.event-schema="{version}"', recipe)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_the_program_runs_with_nothing_but_what_the_image_has(self):
        if program.is_sanitized(self.program):
            self.skipTest('a sanitizer wants /proc')
        folder = pathlib.Path(tempfile.mkdtemp(prefix='tcpwhy-image-'))
        self.addCleanup(shutil.rmtree, folder)
        subprocess.run([CONTAINER / 'make-root', self.program, folder / 'root'], check=True)
        self.assertEqual(list((folder / 'root').glob('**/sh')), [])
        capture = (ROOT / 'pcaps/demo.pcap').read_bytes()
        inside = subprocess.run(['chroot', folder / 'root', '/usr/bin/tcpwhy', '-r', '-'],
                                input=capture, capture_output=True, check=False)
        self.assertEqual((inside.returncode, inside.stderr), (0, b''))
        self.assertIn(b'4 of 8 connection attempts failed', inside.stdout)


if __name__ == '__main__':
    Kubernetes.program = Container.program = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
