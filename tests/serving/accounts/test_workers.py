"""Several processes of one real service: a first start, and sessions that all of them know."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from fenban.benchmarks.processes import family

PASSWORD = "a long walk uphill"
PATIENCE = 90.0  # seconds, for a machine that is busy with something else
linux_only = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="NOT TESTED: no /proc")


@pytest.mark.slow
@linux_only
def test_two_processes_share_people_and_sessions(model_folder: Path, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FENBAN", "PYTHON"))}
    command = [
        sys.executable,
        "-P",
        "-m",
        "fenban.serving.cli.main",
        "serve",
        "--port",
        "0",
        "--workers",
        "2",
    ]
    options = ["--model", str(model_folder), "--database", f"sqlite:///{tmp_path / 'a-name-to-look-for.db'}"]
    with subprocess.Popen(
        [*command, *options, "--home", str(tmp_path)], env=kept, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            link = first_link(process)
            come_in_and_look_around(link)
            workers = family(process.pid)[1:]
            assert len(workers) >= 2
            environments = [Path(f"/proc/{pid}/environ").read_bytes() for pid in workers]
            assert not any(b"a-name-to-look-for" in environment for environment in environments)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
    assert process.returncode == 0


def first_link(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    for line in process.stderr:
        if match := re.search(r"http://\S+/invitation\?secret=\S+", line):
            return match[0]
    raise AssertionError("no link was printed")


def come_in_and_look_around(link: str) -> None:
    base, secret = link.split("/invitation?secret=")
    wait_until_it_answers(base)
    form = {"secret": secret, "display_name": "管理员", "password": PASSWORD, "again": PASSWORD}
    answer = httpx.post(f"{base}/invitation", data=form, headers={"Origin": base}, timeout=PATIENCE)
    assert answer.status_code == 303
    cookies = dict(answer.cookies)
    # a connection of its own each: the processes take turns
    facts = [asked(base, cookies) for _ in range(20)]
    assert [fact.status_code for fact in facts] == [200] * 20
    csrf = facts[0].json()["csrf"]
    out = httpx.delete(
        f"{base}/api/v1/session",
        cookies=cookies,
        headers={"Origin": base, "X-CSRF-Token": csrf},
        timeout=PATIENCE,
    )
    assert out.status_code == 204
    time.sleep(5.2)  # for so long a process may still remember
    assert {asked(base, cookies).status_code for _ in range(10)} == {401}


def asked(base: str, cookies: dict[str, str]) -> httpx.Response:
    return httpx.get(f"{base}/api/v1/session", cookies=cookies, timeout=PATIENCE)


def wait_until_it_answers(base: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if httpx.get(f"{base}/readyz", timeout=PATIENCE).status_code == 200:
            return
        time.sleep(0.2)
    raise AssertionError("the service is not ready")
