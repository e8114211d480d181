"""What is personal is masked, what routing needs stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fenban.model.case import Submission
from fenban.model.reading.privacy import MASKS, find_personal_data, hide, mask
from fenban.model.reading.text import HIDDEN
from fenban.model.scoring.batch import read_batch
from fenban.model.scoring.features import NgramHasher

# invented numbers: none belongs to anybody
PERSONAL = [
    ("13800138000", "mobile"),
    ("138-0013-8000", "mobile"),
    ("138 0013 8000", "mobile"),
    ("+86 13800138000", "mobile"),
    ("１３８００１３８０００", "mobile"),
    ("1 3 8 0 0 1 3 8 0 0 0", "mobile"),
    ("138(0013)8000", "mobile"),
    ("138:0013:8000", "mobile"),
    ("138…0013…8000", "mobile"),
    ("138\u31640013\u31648000", "mobile"),
    ("1\u03013\u03018\u030100138000", "mobile"),
    ("+852 6123 4567", "landline"),
    ("港澳通行证C12345678", "identity"),
    ("台胞证号：12345678", "identity"),
    ("军官证军字第12345678", "identity"),
    ("0771-5550123", "landline"),
    ("(0771)5550123", "landline"),
    ("07715550123", "landline"),
    ("5550123", "landline"),
    ("450199199001011237", "identity"),
    ("45019919900101123X", "identity"),
    ("45019919900101123x", "identity"),
    ("450199 19900101 1237", "identity"),
    ("4501991990010112", "identity"),
    ("450199199001011", "identity"),
    ("6222020000000000000", "card"),
    ("6222 0200 0000 0000 000", "card"),
    ("桂A12345", "plate"),
    ("桂A·1B345", "plate"),
    ("桂AD12345", "plate"),
    ("粤B1234学", "plate"),
    ("somebody.else@example.com", "email"),
    ("115号", "house"),
    ("115-2号", "house"),
    ("3栋2单元501室", "house"),
    ("12号楼803", "house"),
    ("987654321", "number"),
]
KEPT = [
    "按桂政办发[2023]48号",
    "见南府发〔2024〕15号",
    "桂0103民初1234号",
    "第2024号提案",
    "1 3 5 7 号门",
    "8:30到17:30都堵",
    "民族大道和友爱路路口",
    "青秀区津头街道埌东村八组",
    "2023年5月12日上午",
    "2023-05-12发的通知",
    "20230512停水",
    "2023.05.01-2024.06.30这段时间",
    "2023-05-01 2024-06-30",
    "3月5号交的钱",
    "每月15号发工资",
    "早上8:00-12:00,14:00-18:00",
    "欠了35000元",
    "工程款1234567元",
    "1,234,567元",
    "面积1234567平方米",
    "一亩三分地产量2000000吨",
    "25路公交",
    "B302路车",
    "地铁5号线",
    "打12345没人接",
    "110和120都打了",
    "400-820-8820客服",
    "G72高速出口",
    "X305县道K12+300处",
    "第23号文件",
    "1号台风",
]


def kinds(text: str) -> list[str]:
    return [item.kind for item in find_personal_data(text)]


@pytest.mark.parametrize(("value", "kind"), PERSONAL)
def test_personal_data_is_masked(value: str, kind: str) -> None:
    text = f"联系人留的是{value}，请回复"
    assert kinds(text) == [kind]
    assert mask(text) == f"联系人留的是{MASKS[kind]}，请回复"


@pytest.mark.parametrize("text", KEPT)
def test_what_routing_needs_is_kept(text: str) -> None:
    assert kinds(text) == []
    assert mask(text) == hide(text) == text


def test_the_road_stays_where_the_house_goes() -> None:
    assert mask("民族大道115号的路灯不亮") == "民族大道[门牌]的路灯不亮"


def test_several_personal_data_in_one_text_are_all_masked() -> None:
    text = "我住友爱北路22号，电话13800138000，车牌桂A12345"
    assert mask(text) == "我住友爱北路[门牌]，电话[手机号]，车牌[车牌]"
    assert hide(text) == f"我住友爱北路{HIDDEN * 3}，电话{HIDDEN * 11}，车牌{HIDDEN * 7}"


@pytest.mark.parametrize(("value", "kind"), PERSONAL)
def test_masked_and_unmasked_texts_are_the_same_to_the_model(value: str, kind: str) -> None:
    texts = [f"青秀区的住户{value}反映路灯坏了", f"青秀区的住户{MASKS[kind]}反映路灯坏了"]
    reading = read_batch([Submission(text) for text in texts], NgramHasher())
    first, second = (sorted(reading.spans.slots[reading.spans.rows == row]) for row in (0, 1))
    assert first == second
    assert len(first) > 20


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([value for value, _ in PERSONAL]),
            st.sampled_from(KEPT),
            st.text("路灯坏了号楼-0123456789，。 ", max_size=8),
        ),
        max_size=6,
    ).map("".join)
)
def test_hiding_moves_nothing(text: str) -> None:
    hidden = hide(text)
    assert len(hidden) == len(text)
    found = np.zeros(len(text), dtype=bool)
    for item in find_personal_data(text):
        assert not found[item.start : item.end].any()
        found[item.start : item.end] = True
    assert hidden == "".join(HIDDEN if gone else c for c, gone in zip(text, found, strict=True))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([f"，{value}，" for value, _ in PERSONAL]), min_size=1, max_size=4))
def test_no_mask_leaves_a_long_run_of_digits(values: list[str]) -> None:
    masked = mask("".join(values))
    assert not any(character.isdigit() for character in masked)


def test_a_hundred_thousand_digits_are_searched_in_no_time() -> None:
    assert mask("1" * 100_000) == MASKS["number"]
    assert len(mask("1-" * 50_000)) < 50_000
