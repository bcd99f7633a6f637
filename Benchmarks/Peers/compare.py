#!/usr/bin/env python3
"""Runs WebRtcStack and other stacks in turn on this machine and prints their figures and ratios as a Markdown table.

Usage: compare.py [--repeats N] [--seconds S] [--out RESULTS.jsonl] [--chart CHART.svg] [peer ...]
       compare.py --tables RESULTS.jsonl [--chart CHART.svg]      tables of an earlier run

Each mode runs once for every stack before the next round starts, so that what else the machine does falls on all alike; the
table shows medians. Needs root for the network namespace that has loopback alone. Builds go to $PEERS_BUILD.
"""
import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("PEERS_BUILD", os.path.join(tempfile.gettempdir(), "peers-build"))
LO = os.path.join(HERE, "lo.sh")
JS = os.path.join(HERE, "js.sh")
OURS = os.path.join(BUILD, "webrtcstack/WebRtcStack.EndToEnd")                   # compiled ahead of time, as the others are
OURS_JIT = os.path.join(HERE, "../bin/Release/net10.0/WebRtcStack.Benchmarks")     # compiled as it runs, with the runtime's defaults
PEERS = {
    "WebRtcStack": [LO, OURS],
    "WebRtcStack JIT": [LO, OURS_JIT],
    "Pion": [LO, os.path.join(BUILD, "pion-bench")],
    "libdatachannel": [JS, "node-datachannel"],
    "libwebrtc": [JS, "wrtc"],
    "aiortc": [LO, "/usr/bin/python3", os.path.join(HERE, "aiortc/bench.py")],
}
RTP = {"WebRtcStack", "WebRtcStack JIT", "Pion", "libdatachannel"}
# mode, its arguments, and rows: name, field, whether more is better
RUNS = [
    (("throughput", "--message-size", "65536"), [("Goodput, 64 KiB messages, Mbit/s", "mbps", True), ("CPU s per GB, 64 KiB", "cpuSecondsPerGB", False)]),
    (("throughput", "--message-size", "16384"), [("Goodput, 16 KiB messages, Mbit/s", "mbps", True)]),
    (("throughput", "--message-size", "1024"), [("Goodput, 1 KiB messages, Mbit/s", "mbps", True)]),
    (("latency", "--count", "5000"), [("Ping-pong of 64 bytes, median us", "medianUs", False), ("Ping-pong, p99 us", "p99Us", False)]),
    (("setup", "--count", "100"), [("Setup, median ms", "medianMs", False), ("Setup, p95 ms", "p95Ms", False), ("CPU ms per setup, both ends", "cpuMsPerConnection", False)]),
    (("setup", "--count", "200", "--parallel", "16"), [("Setups per second, 16 at once", "connectionsPerSecond", True)]),
    (("memory", "--count", "100"), [("Memory of an idle pair, KiB", "rssKiBPerPairAfterGC", False), ("Idle CPU of 105 pairs, % of a core", "idleCpuPercentOfCore", False)]),
    (("rtp",), [("RTP packets per second", "packetsPerSecond", True), ("CPU s per million RTP packets", "cpuSecondsPerMillionPackets", False), ("RTP loss, %", "lossPercent", None)]),
]
COLOURS = ["#2b7a3d", "#7fb58c", "#6b8fb3", "#9a86b5", "#c9a063", "#a8a8a8"]


def run(peer, mode, seconds):
    command = PEERS[peer] + list(mode) + (["--seconds", seconds] if mode[0] in ("throughput", "rtp") else [])
    try:
        output = subprocess.run(command, capture_output=True, text=True, timeout=180).stdout.strip()
        result = json.loads(output.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError) as error:      # a stall or a crash is a result too
        result = {"error": type(error).__name__}
    result.update(stack=peer, run=" ".join(mode))
    return result


def udp_anchor():
    program = os.path.join(BUILD, "udp")
    os.makedirs(BUILD, exist_ok=True)
    subprocess.run(["cc", "-O2", "-pthread", os.path.join(HERE, "udp/udp.c"), "-o", program], check=True)
    result = json.loads(subprocess.run([LO, program, "pingpong"], capture_output=True, text=True, check=True).stdout)
    result.update(stack="bare UDP in C", run="latency --count 5000")
    return result


def measure(peers, repeats, seconds, out):
    if "Pion" in peers:
        subprocess.run([os.path.join(HERE, "pion/build.sh")], check=True)
    if "WebRtcStack" in peers:
        subprocess.run(["dotnet", "publish", os.path.join(HERE, "../Native"), "-c", "Release", "-o", os.path.dirname(OURS), "-v", "q"], check=True)
    rows = []
    with open(out, "w", encoding="utf-8") as results:
        for _ in range(repeats):
            for mode, _lines in RUNS:
                turn = [run(peer, mode, seconds) for peer in peers if mode[0] != "rtp" or peer in RTP]
                if mode[0] == "latency":
                    turn.append(udp_anchor())
                results.writelines(json.dumps(row) + "\n" for row in turn)
                results.flush()
                rows += turn
                print(" ".join(mode), file=sys.stderr, flush=True)
    return rows


def median(rows, peer, mode, field):
    values = [row[field] for row in rows if row["stack"] == peer and row["run"] == " ".join(mode) and row.get(field) is not None]
    return statistics.median(values) if values else None


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def tables(rows):
    peers = [peer for peer in PEERS if any(row["stack"] == peer for row in rows)]
    others = [peer for peer in peers if not peer.startswith("WebRtcStack")]
    print(f"{datetime.date.today()}, {os.cpu_count()} cores of {cpu_name()}, Linux {platform.release()}, medians of "
          f"{max(sum(1 for row in rows if row['stack'] == peer and row['run'].startswith('latency')) for peer in peers)} runs\n")
    print("| | " + " | ".join(peers) + " | ours to the best |")
    print("|---|" + "--:|" * (len(peers) + 1))
    for mode, lines in RUNS:
        for name, field, more in lines:
            values = {peer: median(rows, peer, mode, field) for peer in peers}
            best = [values[peer] for peer in others if values[peer] is not None and values[peer] > 0]
            ratio = "-"
            if more is not None and best and values.get("WebRtcStack"):
                ratio = f"{values['WebRtcStack'] / (max(best) if more else min(best)):.2f} x"
            print(f"| {name} | " + " | ".join(number(values[peer]) for peer in peers) + f" | {ratio} |")
    bare = median(rows, "bare UDP in C", ("latency", "--count", "5000"), "medianUs")
    if bare is not None:
        print(f"\nA bare UDP ping-pong in C: {bare:.1f} us at the median.")


def cpu_name():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        return next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), platform.machine())


def chart(rows, path):
    """Horizontal bars, one group for each figure, each scaled to its longest."""
    peers = [peer for peer in PEERS if any(row["stack"] == peer for row in rows)]
    groups = [(RUNS[0][0], RUNS[0][1][0]), (RUNS[2][0], RUNS[2][1][0]), (RUNS[5][0], RUNS[5][1][0]), (RUNS[7][0], RUNS[7][1][0]),
              (RUNS[3][0], RUNS[3][1][0]), (RUNS[4][0], RUNS[4][1][0]), (RUNS[6][0], RUNS[6][1][0])]
    parts, y = [], 10
    for mode, (name, field, more) in groups:
        values = [(i, peer, median(rows, peer, mode, field)) for i, peer in enumerate(peers)]
        values = [each for each in values if each[2] is not None]
        longest = max((value for _, _, value in values), default=1)
        parts.append(f'<text x="10" y="{y + 12}" font-weight="bold">{name} ({"more" if more else "less"} is better)</text>')
        y += 18
        for i, peer, value in values:
            width = max(1, 420 * value / longest)
            parts.append(f'<text x="110" y="{y + 11}" text-anchor="end">{peer}</text><rect x="118" y="{y}" width="{width:.0f}" height="14" fill="{COLOURS[i]}"/>'
                         f'<text x="{width + 123:.0f}" y="{y + 11}">{number(value)}</text>')
            y += 17
        y += 10
    with open(path, "w", encoding="utf-8") as svg:
        svg.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{y}" font-family="sans-serif" font-size="12">\n'
                  '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", default="5")
    parser.add_argument("--out", default=os.path.join(BUILD, "results.jsonl"))
    parser.add_argument("--tables")
    parser.add_argument("--chart")
    parser.add_argument("peers", nargs="*")
    arguments = parser.parse_args()
    os.makedirs(BUILD, exist_ok=True)
    if arguments.tables:
        with open(arguments.tables, encoding="utf-8") as results:
            rows = [json.loads(line) for line in results]
    else:
        rows = measure(arguments.peers or list(PEERS), arguments.repeats, arguments.seconds, arguments.out)
    tables(rows)
    if arguments.chart:
        chart(rows, arguments.chart)


if __name__ == "__main__":
    main()
