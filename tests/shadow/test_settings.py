"""The shadow's settings: what is accepted, and what is refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from doge_core.settings import read_settings
from doge_detector.settings import read_settings as read_detector_settings
from doge_shadow.settings import read_shadow_settings


@pytest.mark.parametrize("word", ["0", "false", "no", "off", ""])
def test_it_is_off_unless_it_is_turned_on(word: str) -> None:
    assert read_settings({}).shadow is None
    assert read_settings({"DOGE_CORE_SHADOW": word}).shadow is None


def test_each_setting_is_read() -> None:
    found = read_shadow_settings(
        "DOGE_X",
        {
            "DOGE_X_SHADOW": " Control ",
            "DOGE_X_SHADOW_SAMPLE": "0.25",
            "DOGE_X_SHADOW_DIR": "some/where",
            "DOGE_X_SHADOW_QUEUE": "10",
            "DOGE_X_SHADOW_MEMORY_MIB": "64",
            "DOGE_X_SHADOW_DISK_MIB": "2",
        },
    )
    assert found is not None
    assert (found.mode, found.sample, found.queue, found.memory_mib, found.disk_mib) == ("control", 0.25, 10, 64.0, 2.0)
    assert found.folder == Path.cwd() / "some" / "where"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"DOGE_CORE_SHADOW": "maybe"}, "DOGE_CORE_SHADOW: must be 1, 0 or control, got 'maybe'"),
        ({"DOGE_CORE_SHADOW_SAMPLE": "2"}, "DOGE_CORE_SHADOW_SAMPLE: must be a number from 0 to 1, got '2'"),
        ({"DOGE_CORE_SHADOW_SAMPLE": "nan"}, "DOGE_CORE_SHADOW_SAMPLE: must be a number from 0 to 1, got 'nan'"),
        ({"DOGE_CORE_SHADOW_QUEUE": "0"}, "DOGE_CORE_SHADOW_QUEUE: must be a number from 1 to 1e+07, got '0'"),
        ({"DOGE_CORE_SHADOW_QUEUE": "1.9"}, "DOGE_CORE_SHADOW_QUEUE: must be a whole number of calls, got '1.9'"),
        (
            {"DOGE_CORE_SHADOW_DIR": " "},
            "DOGE_CORE_SHADOW_DIR: must name a folder, and is empty; leave it out for reports/shadow",
        ),
        ({"DOGE_CORE_SHADOW_SAMPEL": "1"}, "DOGE_CORE_SHADOW_SAMPEL: is no setting; is it DOGE_CORE_SHADOW_SAMPLE?"),
        ({"DOGE_CORE_SHADOWS": "1"}, "DOGE_CORE_SHADOWS: is no setting; is it DOGE_CORE_SHADOW?"),
        ({"DOGE_CORE_SHADOW_DISK_MIB": "much"}, "DOGE_CORE_SHADOW_DISK_MIB: must be a number from 0.1 to 1e+06, got 'much'"),
        (
            {"DOGE_CORE_SHADOW": "1", "DOGE_CORE_BACKEND": "haskell"},
            "DOGE_CORE_SHADOW: Python answers while it is on, so that DOGE_CORE_BACKEND cannot be haskell",
        ),
    ],
)
def test_a_mistake_is_a_sentence_even_while_it_is_off(changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match="DOGE_CORE_SHADOW") as caught:
        read_settings(changed)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("read", "name", "meant"),
    [
        (read_settings, "DOGE_CORE_BACKND", "is it DOGE_CORE_BACKEND?"),
        (read_detector_settings, "DOGE_HMM_BACKND", "is it DOGE_HMM_BACKEND?"),
        (read_detector_settings, "DOGE_HMM_X", "there are DOGE_HMM_BACKEND, DOGE_HMM_SHADOW, "),
    ],
)
def test_a_name_that_is_no_setting_chooses_nothing(read: Callable[..., object], name: str, meant: str) -> None:
    with pytest.raises(ValueError, match="is no setting") as caught:
        read({name: "python"})
    assert str(caught.value).startswith(f"{name}: is no setting; {meant}")
    read({"DOGE_OTHER": "1"})
