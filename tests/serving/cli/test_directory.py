"""``fenban directory`` from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fenban.serving.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    ("夜市收摊后满地垃圾没人扫", "柳北区城管局"),
    ("占道摆摊堵住人行道", "柳北区城管局"),
    ("小贩在路口乱摆摊", "柳南区城管局"),
    ("孩子转学要什么材料", "柳北区教育局"),
    ("小学几月报名入学", "柳南区教育局"),
]


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "cases.csv"
    lines = [f"{text},{unit}" for text, unit in ROWS * 2]
    path.write_text("\n".join(["内容,承办单位", *lines]), "utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["directory", *arguments])
    return code, *capsys.readouterr()


def test_infer_writes_a_directory_and_says_how_to_go_on(
    cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "infer", "--cases", str(cases), "--out", "units.csv")
    assert code == 0
    assert out.startswith("units.csv: 4 units, 2 functions, 4 units with a place")
    assert "--directory units.csv" in err
    header = (cases.parent / "units.csv").read_text("utf-8-sig").splitlines()[0]
    assert header.startswith("单位,职能,属地,别名")
    assert "建议合并到" in header


def test_json_is_all_that_stands_on_stdout(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "infer", "--cases", str(cases), "--out", "units.jsonl", "--json")
    assert code == 0
    assert json.loads(out) == {
        "out": "units.jsonl",
        "units": 4,
        "functions": 2,
        "with_jurisdiction": 4,
        "merges": [],
    }


def test_show_and_check_read_what_infer_wrote(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "infer", "--cases", str(cases), "--out", "units.csv")
    code, out, _ = run(capsys, "show", "units.csv")
    assert code == 0
    assert "城管局  (2)" in out
    assert "柳北区城管局  柳州市/柳北区" in out
    assert json.loads(run(capsys, "show", "units.csv", "--json")[1])["教育局"] == [
        "柳北区教育局",
        "柳南区教育局",
    ]
    assert "nothing to mend" in run(capsys, "check", "units.csv")[1]


def test_check_names_what_cannot_be_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "units.csv"
    path.write_text(
        "单位,职能,属地,别名\n甲局,水利局,南宁市,乙局\n乙局,水利局,南宁市,\n丙局,水利局,,\n丁局,教育局,,\n",
        "utf-8",
    )
    code, out, _ = run(capsys, "check", str(path), "--json")
    assert code == 0
    problems = json.loads(out)["problems"]
    assert [problem.split(":")[0] for problem in problems] == ["甲局", "甲局", "乙局", "丙局"]
    assert "4 to look at" in run(capsys, "check", str(path))[1]


def test_what_cannot_be_done_is_said_in_one_line(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "infer", "--cases", str(cases), "--out", "units.txt")
    assert code == 2
    assert '".txt"' in err
    bare = tmp_path / "bare.csv"
    bare.write_text("内容,主题\n路灯坏了,市政\n", "utf-8")
    code, _, err = run(capsys, "infer", "--cases", str(bare), "--out", "units.csv")
    assert code == 2
    assert "no case names a unit" in err


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path / "home"))
    path = tmp_path / "名单.csv"
    path.write_text(
        "部门,职能,属地,启用\n崇左市口岸公司,口岸,崇左市,\n崇左市甲局,口岸,崇左市,去年\n", "utf-8"
    )
    return path


def test_an_import_is_shown_first_and_written_with_apply(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "import", str(home), "--additions-only")
    assert code == 0
    assert "1 units for 崇左市" in out
    assert "新增 1\n    崇左市口岸公司  口岸 · 崇左市" in out
    assert '未读  row 3, column "启用": 不是日期' in out
    assert "Nothing was written" in err
    _, _, err = run(capsys, "import", str(home), "--additions-only", "--apply", "--note", "机构改革")
    assert "Written as version 1" in err
    _, out, err = run(capsys, "import", str(home), "--additions-only", "--apply")
    assert "there is nothing to write" in err
    assert "新增" not in out


def test_a_complete_list_ends_what_it_leaves_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "import", str(home), "--json", "--on", "2026-07-01")
    found = json.loads(out)
    assert code == 0
    assert found["within"] == "崇左市"
    assert found["counts"]["added"] == 1
    assert found["counts"]["ended"] > 100
    assert found["on"] == "2026-07-01"
    assert found["outside"] > 1000
    _, out, _ = run(capsys, "import", str(home))
    assert "more changes; --all shows them" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("missing.csv",), "does not exist"),
        (("名单.csv", "--on", "heute"), "is not a day"),
        (("名单.csv", "--on", "1066-10-14"), "must lie between"),
        (("名单.csv", "--within", "a", "--everywhere"), "not allowed with"),
    ],
)
def test_an_import_that_is_not_possible(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], expected: str
) -> None:
    try:
        code, _, err = run(capsys, "import", *arguments)
    except SystemExit as stop:
        code, err = stop.code, capsys.readouterr().err  # type: ignore[assignment]
    assert code == 2
    assert expected in err
