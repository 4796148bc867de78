#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs tcpwhy on the labelled real captures and compares each connection's outcome class.

Usage: check_corpus.py TCPWHY CORPUS_DIR [-v]

Exits with 77 (skipped) where the corpus is absent: users' clones do not have it.
"""
import json
import subprocess
import sys
from pathlib import Path

# Labels that are wrong, with the reason; keyed by file and first frame.
WRONG_LABELS = {
    ("pcapplusplus-pcapng-example.pcapng", 1):
        "the SYN's record carries no time (1970): 46 years lie between it and the SYN-ACK",
}

CLASS_OF_OUTCOME = {
    "refused": "refused",
    "rejected": "icmp-unreachable",
    "timed_out": "timeout",
    "half_open": "half-open",
    "tls_refused": "tls-alert",
    "app_refused": "http2-goaway",
    "ok": "established-clean",
    "ok_degraded": "established-clean",
    "closed_early": "established-clean",
    "in_progress": "other",
}


def outcome_class(event):
    """The corpus's word for what an event says."""
    flow = event["flow"]
    if event["family"] == "rst_forged":
        return "spoofed-rst-suspected"
    if event["verdict"] == "client-gave-up":
        return "half-open"
    if event["verdict"] == "rst-after-fin":
        return "reset-after-fin"
    if event["verdict"] == "unknown-midstream":
        return "midstream-start"
    if event["verdict"] == "ok-rst-close" or event["outcome"] == "reset":
        return "reset-by-" + flow["ended_by"]
    return CLASS_OF_OUTCOME.get(event["outcome"], "other")


def events_of(program, path):
    """Connection and failure events of one capture, by unordered end points and first frame."""
    run = subprocess.run([program, "-r", str(path), "--json", "--all"],
                         capture_output=True, text=True, check=False, timeout=120)
    if run.returncode not in (0, 4):
        raise RuntimeError(f"{path.name}: exit {run.returncode}: {run.stderr.strip()}")
    found = {}
    for line in run.stdout.splitlines():
        event = json.loads(line)
        if event["event"] not in ("connection", "failure"):
            continue
        flow = event["flow"]
        ends = [(flow[s]["ip"], flow[s]["port"]) for s in ("client", "server")]
        found.setdefault(frozenset(ends), []).append(event)
    return found


def find_event(found, label):
    """The event whose frames overlap the label's best; None where there is none."""
    ends = frozenset([(label["src"], label["sport"]), (label["dst"], label["dport"])])
    best = None
    for event in found.get(ends, []):
        flow = event["flow"]
        first, last = flow["first_frame"], flow["last_frame"]
        overlap = min(last, label["last_frame"]) - max(first, label["first_frame"]) + 1
        if overlap > 0 and (best is None or overlap >= best[0]):
            best = (overlap, event)
    return best[1] if best else None


def main():
    program, corpus = sys.argv[1], Path(sys.argv[2])
    is_verbose = "-v" in sys.argv[3:]
    if not (corpus / "labels.jsonl").exists():
        print(f"skipped: no corpus at {corpus}")
        return 77
    labels = {}
    for line in (corpus / "labels.jsonl").read_text().splitlines():
        label = json.loads(line)
        labels.setdefault(label["file"], []).append(label)
    n_right = n_wrong = 0
    for name in sorted(labels):
        try:
            found = events_of(program, corpus / "pcaps" / name)
        except RuntimeError as error:
            print(error)
            n_wrong += len(labels[name])
            continue
        for label in labels[name]:
            event = find_event(found, label)
            if event is None and label.get("optional"):
                continue
            got = outcome_class(event) if event else "nothing"
            wanted = [label["expected"], *label["accept"]]
            if got in wanted or (name, label["first_frame"]) in WRONG_LABELS:
                n_right += 1
                continue
            n_wrong += 1
            verdict = f"{event['verdict']} {event['confidence']} {event['flow']['history']}" if event else ""
            print(f"{name} {label['src']}:{label['sport']} > {label['dst']}:{label['dport']} "
                  f"frames {label['first_frame']}-{label['last_frame']}: {got} ({verdict}), "
                  f"label {'/'.join(wanted)}")
            if is_verbose:
                print("   ", label["notes"], label["evidence"][-1][:160])
    print(f"{n_right} agree, {n_wrong} do not")
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
