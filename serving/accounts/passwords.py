"""Passwords: Argon2id hashes (RFC 9106), what is refused as a password, and how many are checked at once."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from starlette.concurrency import run_in_threadpool

from ..store.errors import RefusedError
from .errors import CrowdedError

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST, LONGEST = 10, 200
# One lane, so that a check takes one core: 46 MiB, two passes, 0.1 s (OWASP asks for one pass at least).
_HASHER = PasswordHasher(time_cost=2, memory_cost=47_104, parallelism=1)
_FEWEST_DIFFERENT = 5
_TRIVIAL = (
    "1234567890 12345678910 0123456789 0987654321 9876543210 1357924680 1122334455 qwertyuiop asdfghjkl1 "
    "1q2w3e4r5t 1qaz2wsx3edc zaq12wsxcde3 qazwsxedcrfv qwer123456 qwerty12345 abcdefghij abcd123456 "
    "abc1234567 a123456789 aa12345678 woaini1314 woaini5201314 5201314520 password12 password123 "
    "password1234 passw0rd123 p@ssw0rd123 p@ssword123 admin12345 admin123456 administrator welcome123 "
    "changeme123 iloveyou123 letmein1234 fenban12345 fenban123456 guanliyuan 12345fenban nanning12345"
)

_Result = TypeVar("_Result")


@functools.cache
def _trivial() -> frozenset[str]:
    return frozenset(_TRIVIAL.split())


def check_new(password: str, *names: str) -> None:
    """Refuse a password that is easily guessed.

    Args:
        password: as it was typed.
        names: what it must not hold: the login name and the like.

    Raises:
        RefusedError: with the reason in Chinese.
    """
    folded = password.casefold()
    if len(password) < SHORTEST:
        raise RefusedError(f"密码至少要有 {SHORTEST} 个字符")
    if len(password) > LONGEST:
        raise RefusedError(f"密码不能超过 {LONGEST} 个字符")
    if folded in _trivial() or len(set(folded)) < _FEWEST_DIFFERENT:
        raise RefusedError("这个密码太容易猜到，请换一个")
    if any(name.casefold() in folded for name in names if len(name) > 3):
        raise RefusedError("密码里不能有登录名")


def hash_password(password: str) -> str:
    """Return the encoded hash; takes a tenth of a second and 46 MiB."""
    return _HASHER.hash(_bytes(password))


@functools.cache
def _nobodys_hash() -> str:
    return _HASHER.hash(b"no password is this one's")


def verify(password: str, encoded: str | None) -> bool:
    """Whether the password is the one hashed; without a hash it takes as long and is False."""
    nobodys = _nobodys_hash()  # made here also where it is not needed: the first call takes longer for all
    try:
        matches = _HASHER.verify(encoded or nobodys, _bytes(password))
    except (Argon2Error, InvalidHashError):
        return False
    return matches and encoded is not None


def is_outdated(encoded: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(encoded)


def _bytes(password: str) -> bytes:
    return password[: 4 * LONGEST].encode("utf-8", "surrogatepass")


class Gate:
    """Lets password checks through one at a time, so that a storm of logins leaves cores to the others.

    Args:
        most_waiting: how many may wait; who comes then is turned away at once.
    """

    def __init__(self, most_waiting: int = 60) -> None:
        self._one = asyncio.Semaphore(1)
        self._most_waiting = most_waiting
        self._waiting = 0

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """Run ``work`` in a thread when it is its turn; who waits holds no thread.

        Raises:
            CrowdedError: too many wait already.
        """
        if self._waiting >= self._most_waiting:
            raise CrowdedError
        self._waiting += 1
        try:
            async with self._one:
                return await run_in_threadpool(work)
        finally:
            self._waiting -= 1
