# SPDX-License-Identifier: BSD-2-Clause
"""What the benchmarks share: a command's wall and CPU time and its memory, and medians of runs that
take turns."""

import os
import shutil
import statistics
import subprocess
import threading
import time

# Slower than this on the first run: no more runs, the median is of one.
PATIENCE_S = 10
GIVE_UP_S = 120


def measure(words):
    """(wall s, CPU s, peak MiB); None where the program is not done in time, or fails."""
    start_s = time.monotonic()
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    watchdog = threading.Timer(GIVE_UP_S, process.kill)
    watchdog.start()
    _, status, usage = os.wait4(process.pid, 0)
    watchdog.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - start_s
    if process.returncode:
        return None
    return wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def medians(commands, n_runs):
    """Of each command by its name; those that were not done in time are left out."""
    runs = {name: [] for name in commands}
    for _ in range(n_runs):
        for name, words in commands.items():
            if runs[name] and (runs[name][0] is None or runs[name][0][0] > PATIENCE_S):
                continue
            runs[name].append(measure(words))
    return {name: [statistics.median(column) for column in zip(*rows)]
            for name, rows in runs.items() if None not in rows}


def others(capture):
    """The programs beside which tcpwhy is measured, as far as they are installed."""
    found = {
        'tcpdump -w /dev/null': ['tcpdump', '-r', capture, '-w', '/dev/null'],
        'argus': ['argus', '-r', capture, '-w', '/dev/null'],
        'softflowd': ['softflowd', '-r', capture, '-d'],
        'nfpcapd': ['nfpcapd', '-r', capture, '-l', '/tmp'],
        'ndpiReader': ['ndpiReader', '-q', '-i', capture],
        'tcptrace -n': ['tcptrace', '-n', capture],
        'tshark -q -z conv,tcp': ['tshark', '-r', capture, '-q', '-z', 'conv,tcp'],
    }
    return {name: words for name, words in found.items() if shutil.which(words[0])}


def replay(program, capture, n_threads):
    return [program, '-r', capture, '--json', '-q', '-o', '/dev/null', '--threads', str(n_threads)]
