"""Passwords: what is refused, how they are kept, and that checks go one at a time."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from argon2 import PasswordHasher

from fenban.serving.accounts import passwords
from fenban.serving.accounts.errors import CrowdedError
from fenban.serving.accounts.passwords import Gate, check_new, hash_password, is_outdated, verify
from fenban.serving.store.errors import RefusedError

GOOD = "seven green lanterns"


@pytest.mark.parametrize("password", [GOOD, "对面山上有一棵老榕树", "x7!pq-Lm2zQ"])
def test_ordinary_passwords_are_taken(password: str) -> None:
    check_new(password, "zhangsan", "张三")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "至少"),
        ("123456789", "至少"),
        ("x" * 201, "不能超过"),
        ("1234567890", "容易猜到"),
        ("QWERTYUIOP", "容易猜到"),
        ("aaaabbbbcccc", "容易猜到"),
        ("111111111111", "容易猜到"),
        ("my-zhangsan-2026", "登录名"),
        ("ZhangSan123456", "登录名"),
    ],
)
def test_passwords_easily_guessed_are_refused(password: str, reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_new(password, "zhangsan", "张三")
    assert reason in caught.value.reason


def test_a_hash_verifies_its_password_alone_and_never_holds_it() -> None:
    encoded = hash_password(GOOD)
    assert encoded.startswith("$argon2id$")
    assert GOOD not in encoded
    assert encoded != hash_password(GOOD)
    assert verify(GOOD, encoded)
    assert not verify(GOOD + " ", encoded)
    assert not verify("", encoded)
    assert not verify(GOOD, "not a hash")


def test_nobodys_password_takes_as_long_as_a_wrong_one() -> None:
    encoded = hash_password(GOOD)

    def seconds(of: str | None) -> float:
        runs = []
        for _ in range(5):
            began = time.process_time()  # other processes do not count
            assert not verify("a wrong password", of)
            runs.append(time.process_time() - began)
        return min(runs)

    assert not verify("no password is this one's", None)
    assert seconds(None) == pytest.approx(seconds(encoded), rel=0.5)


def test_hashes_of_other_parameters_are_outdated() -> None:
    assert not is_outdated(hash_password(GOOD))
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD))


def test_the_gate_lets_one_through_at_a_time_and_turns_a_crowd_away() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work() -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return 7

    async def storm() -> list[int | BaseException]:
        gate = Gate(most_waiting=5)
        found = await asyncio.gather(*(gate.run(work) for _ in range(8)), return_exceptions=True)
        assert await gate.run(work) == 7, "it opens again"
        return found

    found = asyncio.run(storm())
    assert most == 1
    assert found[:5] == [7] * 5
    assert all(isinstance(error, CrowdedError) for error in found[5:])


def test_a_failed_check_frees_the_gate() -> None:
    def fail() -> None:
        raise RefusedError("不行")

    async def twice() -> None:
        gate = Gate(most_waiting=1)
        for _ in range(2):
            with pytest.raises(RefusedError):
                await gate.run(fail)

    asyncio.run(twice())


def test_the_forbidden_ones_are_long_enough_to_be_asked_about() -> None:
    assert {word for word in passwords._trivial() if len(word) < passwords.SHORTEST} == set()
