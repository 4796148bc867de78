#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what tcpwhy reads of TLS in real captures with what tshark reads.

Usage: check_tls.py TCPWHY FOLDER .. [-v]

For each connection of the captures in the folders' pcaps/: the name asked for, the application
protocols offered, the version chosen, the first fatal alert in plain text and who sent it. Exits with 77 (skipped) where the corpus or tshark is absent.
"""
import json
import shutil
import subprocess
import sys
from pathlib import Path

CLIENT_HELLO, SERVER_HELLO, FATAL = "1", "2", "2"
FIELDS = ("ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tcp.stream",
          "tls.handshake.type", "tls.handshake.extensions_server_name", "tls.handshake.version",
          "tls.handshake.extensions.supported_version", "tls.alert_message.level",
          "tls.alert_message.desc", "tls.handshake.extensions_alpn_str")
VERSIONS = {0x0300: "SSL 3.0", 0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}


def rows_of(path):
    """tshark's rows of TLS records: a list of values for each field."""
    command = ["tshark", "-r", str(path), "-Y", "tls", "-T", "fields", "-E", "separator=|"]
    for field in FIELDS:
        command += ["-e", field]
    out = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120).stdout
    for line in out.splitlines():
        yield {field: [value for value in text.split(",") if value]
               for field, text in zip(FIELDS, line.split("|"))}


def last(values):
    return values[-1] if values else None


def end(row, way):
    address = last(row[f"ip.{way}"]) or last(row[f"ipv6.{way}"])
    return address, int(last(row[f"tcp.{way}port"]) or 0)


def learn_hello(seen, row):
    if CLIENT_HELLO in row["tls.handshake.type"]:
        seen["client"] = seen["client"] or end(row, "src")
        seen["server_name"] = last(row["tls.handshake.extensions_server_name"])
        seen["alpn"] = row["tls.handshake.extensions_alpn_str"]
    elif SERVER_HELLO in row["tls.handshake.type"]:
        versions = row["tls.handshake.extensions.supported_version"] or row["tls.handshake.version"]
        if versions:
            seen["version"] = VERSIONS.get(int(versions[0], 0))


def learn_alert(seen, row):
    for level, code in zip(row["tls.alert_message.level"], row["tls.alert_message.desc"]):
        if level == FATAL and not seen["alert"]:
            seen["alert"] = (end(row, "src"), int(code))


def tshark_of(path):
    """What tshark reads of each connection that begins with a ClientHello."""
    streams = {}
    for row in rows_of(path):
        if not row["tcp.stream"]:
            continue
        seen = streams.setdefault(row["tcp.stream"][-1], {
            "client": None, "server": None, "server_name": None, "version": None, "alert": None,
            "alpn": []})
        learn_hello(seen, row)
        learn_alert(seen, row)
        if seen["client"]:
            ends = (end(row, "src"), end(row, "dst"))
            seen["server"] = ends[1] if ends[0] == seen["client"] else ends[0]
    return [seen for seen in streams.values() if seen["client"]]


def may_have_tls(path):
    """Whether the bytes of a TLS handshake are in it at all; tshark takes its time."""
    return path.suffix == ".gz" or b"\x16\x03" in path.read_bytes()


def tcpwhy_of(program, path):
    """The same of tcpwhy, by client and server."""
    run = subprocess.run([program, "-r", str(path), "--json", "--all"],
                         capture_output=True, text=True, check=False, timeout=120)
    found = {}
    for line in run.stdout.splitlines():
        event = json.loads(line)
        if event["event"] not in ("connection", "failure"):
            continue
        flow = event["flow"]
        ends = tuple((flow[side]["ip"], flow[side]["port"]) for side in ("client", "server"))
        tls = event["tls"] or {}
        alert = (ends[tls["alert_by"] == "server"], tls["alert_code"]) if tls.get("alert_by") else None
        found.setdefault(ends, []).append({"server_name": tls.get("server_name"),
                                           "version": tls.get("version"), "alert": alert,
                                           "alpn": tls.get("alpn"),
                                           "verdict": event["verdict"]})
    return found


def differences(seen, ours):
    """What no event of the connection says as tshark does. tshark wants whole records: of a hello
    in one that is cut it says nothing."""
    wanted = [field for field in ("server_name", "version", "alert", "alpn")
              if seen[field] or field == "alert"]
    return [f"{field}: tshark {seen[field]}, tcpwhy {[event[field] for event in ours]}"
            for field in wanted if seen[field] not in [event[field] for event in ours]]


def main():
    program, folders = sys.argv[1], [Path(word) for word in sys.argv[2:] if word != "-v"]
    captures = [path for folder in folders for path in sorted((folder / "pcaps").rglob("*.pcap*"))]
    if not captures or not shutil.which("tshark"):
        return 77
    n_agree = n_differ = 0
    for path in captures:
        streams = tshark_of(path) if may_have_tls(path) else []
        ours = tcpwhy_of(program, path) if streams else {}
        for seen in streams:
            wrong = differences(seen, ours.get((seen["client"], seen["server"]), []))
            n_agree += not wrong
            n_differ += bool(wrong)
            if wrong or "-v" in sys.argv:
                print(f"{path.name} {seen['client']} > {seen['server']}: {'; '.join(wrong) or seen}")
    print(f"{n_agree} agree, {n_differ} do not")
    return 1 if n_differ else 0


if __name__ == "__main__":
    sys.exit(main())
