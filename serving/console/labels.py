"""Codes of the API in the words and colours that people see; every page carries them as one JSON block."""

from __future__ import annotations

from typing import Any

from fenban.model import MISSING_NAMES, SIGNAL_NAMES, ZONE_NAMES

# How a state's badge looks: warn waits for us, bad went wrong, info is with a unit, good is done,
# plain is over or not begun. Each state has one; base.css knows the tones.
STATE_TONES = {
    "草稿": "plain",
    "待受理": "warn",
    "待派遣": "warn",
    "待补充": "warn",
    "审查": "warn",
    "立案": "warn",
    "退单": "bad",
    "重办": "bad",
    "已派遣": "info",
    "办理中": "info",
    "交办": "info",
    "办结": "good",
    "答复": "good",
    "评价": "good",
    "并案": "plain",
    "不予受理": "plain",
    "不予立案": "plain",
}
# What the scripts read, under the names by which they do; see static/shared/labels.js.
LABELS: dict[str, Any] = {
    "flags": SIGNAL_NAMES,
    "missing": MISSING_NAMES,
    "zones": ZONE_NAMES,
    "tones": STATE_TONES,
}
