"""What of a text its fingerprint keeps, and that it is the same for ever."""

from __future__ import annotations

import numpy as np
import pytest

from fenban.model.errors import InputError
from fenban.model.likeness.fingerprint import MOST, Fingerprint, take_fingerprint

TEXT = "青山路翠湖花园小区旁边的搅拌站夜里施工，粉尘很大，孩子咳嗽。"


def hashes(one):
    return np.concatenate([one.words, one.pairs, one.names])


def test_bytes_are_read_back():
    one = take_fingerprint(TEXT)
    again = Fingerprint.from_bytes(one.to_bytes())
    for part in ("words", "pairs", "names"):
        assert np.array_equal(getattr(one, part), getattr(again, part))
        assert getattr(again, part).dtype == np.uint32
    assert len(one.names) > 2


@pytest.mark.parametrize("stored", [b"", b"\x01", take_fingerprint(TEXT).to_bytes()[:-1]])
def test_other_bytes_are_refused(stored):
    with pytest.raises(InputError, match="fingerprint"):
        Fingerprint.from_bytes(stored)


def test_hashes_are_the_same_on_every_machine():
    assert 0x82B4872A in take_fingerprint("搅拌站").words  # CRC-32 of "w搅拌站", as any other program has it


def test_script_width_greetings_and_personal_data_leave_no_trace():
    plain = take_fingerprint("领导您好，青山路翠湖花園的路燈壞了，电话[手机号]")
    other = take_fingerprint("青山路翠湖花园的路灯坏了，电话１３８００１３８０００")
    assert np.array_equal(hashes(plain), hashes(other))


def test_a_name_is_known_by_its_tail_wherever_it_begins():
    one, other = take_fingerprint("家住翠湖花园的业主"), take_fingerprint("青秀区翠湖花园有人反映")
    assert len(np.intersect1d(one.names, other.names)) >= 1


def test_a_common_noun_is_a_word_and_no_name():
    one = take_fingerprint("旁边的搅拌站")
    assert len(one.names) == 0
    assert len(one.words) == 2


def test_a_title_that_the_text_repeats_counts_once():
    assert np.array_equal(hashes(take_fingerprint(TEXT, TEXT[:9])), hashes(take_fingerprint(TEXT)))


def test_a_letter_of_any_length_is_bounded():
    long = "".join(f"第{n}幢{chr(0x4E00 + n % 5000)}{chr(0x5000 + n % 4000)}漏水，" for n in range(3000))
    one = take_fingerprint(long)
    assert max(len(one.words), len(one.pairs), len(one.names)) <= MOST
