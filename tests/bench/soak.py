"""A soak: `python -m tests.bench.soak MINUTES`: a bot with both shadows and telemetry, the live page open, and bad readers.

The bot makes 50 transitions a second, an update of the detector each second and a training each half minute. 1,000 connections
to the page say nothing, others send what is no request, and one reader follows the events. At the end it prints what was
compared, what went wrong, and how much memory bot, candidates and page took in the second and the last quarter of the time.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from harness.store.ledger import Ledger
from tests.serve.servers import ROOT, Served, serving

IDLE, LOOK_SEC = 1000, 2.0
GARBAGE = (
    b"\x00\xff\r\n\r\n",
    b"GET " + b"a" * 100_000,
    b"POST /status.json HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/9\r\n\r\n",
)
BOT = """
import json, sys, time
import numpy as np
import doge_core as sm
import doge_detector as hmm
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk
from tests.detector_candles import market
closes, volumes = (np.array(each) for each in market(3, 3000))
detector, number, end = hmm.RegimeDetector(), 0, time.monotonic() + 60.0 * float(sys.argv[1])
while True:
    held = start()
    for _, event, _, _ in walk(7, 2000):
        if time.monotonic() > end:
            print(json.dumps({"reducer": sm.get_shadow_metrics(), "detector": hmm.get_shadow_metrics()}), flush=True)
            sys.exit(0)
        with sm.telemetry_loop():
            held, _ = sm.transition(held, event, CONFIG, SIZE_USD)
            row = 1000 + number // 50 % 1900
            if number % 1500 == 0:
                detector.train(closes[row - 1000 : row], volumes[row - 1000 : row])
            if number % 50 == 0:
                detector.update(closes[row - 1000 : row], volumes[row - 1000 : row])
        number += 1
        time.sleep(0.02)
"""


def memory_of(process: psutil.Process) -> int:
    """Resident bytes of a process with those that it started."""
    found = 0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.Error):
            found += each.memory_info().rss
    return found


def follow(served: Served, told: Counter[str]) -> None:
    """Read events until the page ends."""
    with suppress(OSError):
        for _ in served.events():
            told["events"] += 1


def main(minutes: float) -> None:
    """Soak, and print."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    sizes: dict[str, list[int]] = {"bot": [], "page": []}
    told: Counter[str] = Counter()
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        url = f"sqlite:///{folder / 'l.sqlite'}"
        Ledger(url).close()
        served = stack.enter_context(serving(url, "--shadow", str(folder / "shadow")))
        shadows = {
            f"DOGE_{each}_SHADOW{key}": value
            for each in ("CORE", "HMM")
            for key, value in (("", "1"), ("_DIR", str(folder / "shadow")))
        }
        telemetry = {f"DOGE_{each}_TELEMETRY": str(folder / "t.jsonl") for each in ("CORE", "HMM")}
        bot = subprocess.Popen(
            [sys.executable, "-c", BOT, str(minutes)], cwd=ROOT, env={**os.environ, **shadows, **telemetry},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        for _ in range(IDLE):
            told["idle"] += 1
            stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=10.0))
        threading.Thread(target=follow, args=(served, told), daemon=True).start()
        while bot.poll() is None:
            for garbage in GARBAGE:
                with suppress(OSError):
                    served.raw(garbage)
                told["garbage"] += 1
            status, text, _ = served.get("/status.json")
            told[f"status {status}"] += 1
            sizes["bot"].append(memory_of(psutil.Process(bot.pid)))
            sizes["page"].append(memory_of(psutil.Process(served.process.pid)))
            told["shadows shown"] = max(told["shadows shown"], len(json.loads(text).get("shadows") or ()))
            time.sleep(LOOK_SEC)
        out, err = bot.communicate()
        code, words = served.stop(), list(served.said)
    print(f"bot: exit code {bot.returncode}, {err.count(chr(10))} lines of errors")
    print(f"page: exit code {code}, {len(words)} lines of errors")
    print(err, *words, sep="\n")
    print(dict(told))
    metrics: dict[str, Any] = json.loads(out)
    for each, found in metrics.items():
        keys = ("calls", "compared", "coverage", "dropped", "total_divergences", "shadow_failures", "queue_depth")
        print(each, {key: found[key] for key in keys})
    for each, values in sizes.items():
        quarter = len(values) // 4
        early, late = (sum(part) / max(1, len(part)) / 2**20 for part in (values[quarter : 2 * quarter], values[-quarter:]))
        share = 100.0 * (late / early - 1.0)
        print(f"{each}: {early:.1f} MiB in the second quarter, {late:.1f} MiB in the last ({share:+.1f} %)")


if __name__ == "__main__":
    main(float(sys.argv[1]))
