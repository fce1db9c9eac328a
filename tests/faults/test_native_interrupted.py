"""Ctrl-C stops whatever Rust computes within half a second: a real SIGINT, sent to a real process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.native import environment

LIMIT_SEC = 0.5

# A thread of its own hears of the signal at once, from Python's C handler, and notes the processor time that the computing
# thread has had until then. Processor time, so that a busy machine makes no difference.
PROGRAM = """
import os, signal, sys, threading, time
import numpy as np
import doge_hmm

signal.signal(signal.SIGINT, signal.default_int_handler)
computing = time.pthread_getcpuclockid(threading.main_thread().ident)
receiving, sending = os.pipe()
os.set_blocking(sending, False)
signal.set_wakeup_fd(sending)
heard = []

def listen():
    os.read(receiving, 1)
    heard.append(time.clock_gettime(computing))

listener = threading.Thread(target=listen, daemon=True)
listener.start()
noise = np.random.default_rng(0)

def model_of(k, d):
    model = doge_hmm.GaussianHMM(k)
    model.startprob_, model.transmat_ = np.full(k, 1 / k), np.full((k, k), 1 / k)
    model.means_, model._covars_ = noise.normal(size=(k, d)), np.ones((k, d))
    return model

def endless(k, **settings):
    return doge_hmm.GaussianHMM(k, random_state=1, n_iter=10**9, tol=-np.inf, **settings)

model = None
{prepare}
print("ready", flush=True)
try:
    {call}
except KeyboardInterrupt:
    stopped = time.clock_gettime(computing)
    listener.join()
    print(stopped - heard[0], len(model.monitor_.history) if model else 0)
else:
    print("finished")
"""

K_MEANS = "rows = noise.normal(size=(400_000, 4)){dtype}; model = doge_hmm.GaussianHMM(20, random_state=1)"
LONG = "rows = noise.normal(size=(500_000, 4)); model = model_of(50, 4)"
CASES = {
    "k-means": (K_MEANS.format(dtype=""), "model.fit(rows)"),
    "k-means, float32": (K_MEANS.format(dtype=".astype('f4')"), "model.fit(rows)"),
    "start of a huge model": ("rows = np.zeros((5000, 1)); model = endless(4096)", "model.fit(rows)"),
    "EM, 3 x 4": ("rows = noise.normal(size=(300_000, 4)); model = endless(3)", "model.fit(rows)"),
    "EM, log": ("rows = noise.normal(size=(100_000, 2)); model = endless(12)", "model.fit(rows)"),
    "EM, scaling": ("rows = noise.normal(size=(100_000, 2)); model = endless(12, implementation='scaling')", "model.fit(rows)"),
    "score": (LONG, "model.score(rows)"),
    "predict": (LONG, "model.predict(rows), model.predict(rows)"),
    "predict_proba": (LONG, "model.predict_proba(rows)"),
    "filter_proba": (LONG, "model.filter_proba(rows)"),
    "extract": ("ones = np.ones(30_000_000); extractor = doge_hmm.FeatureExtractor()",
                "[extractor.extract(ones, ones) for _ in range(9)]"),
    "train": ("candles = 100 + np.cumsum(noise.normal(size=1_500_000)); detector = doge_hmm.RegimeDetector()",
              "detector.train(candles, candles)"),
}  # fmt: skip


def interrupted(prepare: str, call: str, after_sec: float) -> tuple[float, int]:
    """The processor time in seconds that a computation still took after SIGINT, and the rounds that its model keeps."""
    program = PROGRAM.format(prepare=prepare, call=call)
    process = subprocess.Popen([sys.executable, "-c", program], env=environment(), stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(after_sec)
        process.send_signal(signal.SIGINT)
        answer = process.stdout.read()
    assert process.returncode == 0
    assert answer != "finished\n", "the computation is too short to be interrupted"
    seconds, rounds = answer.split()
    return float(seconds), int(rounds)


@pytest.mark.parametrize(("prepare", "call"), CASES.values(), ids=CASES)
def test_an_interrupt_is_heard_within_half_a_second(prepare: str, call: str) -> None:
    seconds, _ = interrupted(prepare, call, after_sec=0.4)
    assert seconds < LIMIT_SEC


def test_an_interrupted_fit_keeps_the_rounds_that_are_done() -> None:
    _, rounds = interrupted("rows = noise.normal(size=(2000, 4)); model = endless(3)", "model.fit(rows)", after_sec=1.5)
    assert rounds > 0
