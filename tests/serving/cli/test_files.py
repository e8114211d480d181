"""Training, evaluating and routing from files, with all that files bring along."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from fenban.model import Router
from fenban.serving.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = (
    ("交通运输局", ("公交车总是等很久才来", "公交站牌一直没有更新", "出租车在车站拒载乘客")),
    ("城市管理局", ("夜市占道经营到半夜", "流动摊贩占了人行道", "楼下垃圾没有人清运")),
    ("人力资源和社会保障局", ("老板拖欠三个月工资", "饭店拖欠工资不发", "工地欠薪没人管")),
)
DISTRICTS = ("青秀区", "兴宁区", "西乡塘区", "江南区")
ROWS = [(f"{d}{t}", f"南宁市{d}{f}", f) for f, texts in KINDS for t in texts for d in DISTRICTS]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path / "home"))


def write_csv(
    name: str, header: Sequence[str], rows: Sequence[Sequence[object]], coding: str = "utf-8"
) -> str:
    path = Path("..", "in", name)
    with path.open("w", encoding=coding, newline="") as target:
        writer = csv.writer(target)
        writer.writerow(header)
        writer.writerows(rows)
    return str(path)


def cases_csv(name: str = "a.csv", coding: str = "utf-8") -> str:
    return write_csv(name, ["诉求内容", "承办单位", "职能"], ROWS, coding)


def cases_jsonl() -> str:
    path = Path("../in/a.jsonl")
    lines = [json.dumps({"text": t, "lead_unit": u, "function": f}, ensure_ascii=False) for t, u, f in ROWS]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return str(path)


def cases_xlsx() -> str:
    book = openpyxl.Workbook()
    for row in [("内容", "主办单位", "职能"), *ROWS]:
        book.worksheets[0].append(row)
    book.save("../in/a.xlsx")
    return "../in/a.xlsx"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def test_files_of_all_kinds_and_repeats_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    files = [cases_csv(), cases_csv("gb.csv", "gb18030"), cases_jsonl(), cases_xlsx()]
    arguments = ["--cases", *files[:2], "--cases", files[2], "--cases", files[3]]
    code, out, err = run(capsys, "train", *arguments, "--encoder", "none", "--out", "model")
    assert (code, out) == (0, "")
    assert f"{4 * len(ROWS)} cases" in err
    assert Router.load("model").content.facts["data"]["cases"] == 4 * len(ROWS)
    assert not list(Path().glob("*.rejected.csv"))


def test_a_map_names_unusual_columns(capsys: pytest.CaptureFixture[str]) -> None:
    file = write_csv("odd.csv", ["说的话", "谁办"], [row[:2] for row in ROWS])
    code, _, err = run(capsys, "train", "--cases", file, "--out", "model")
    assert code == 2
    assert "no text column among: 说的话, 谁办" in err
    Path("map.toml").write_text('[columns]\ntext = "说的话"\nlead_unit = "谁办"\n', "utf-8")
    code, _, _ = run(capsys, "train", "--cases", file, "--columns", "map.toml", "--out", "model")
    assert code == 0
    assert "lead_unit" in Router.load("model").content.labels
    Path("map.toml").write_text('[columns]\ntext = "没有这列"\n', "utf-8")
    code, _, err = run(capsys, "train", "--cases", file, "--columns", "map.toml", "--out", "model")
    assert code == 2
    assert "没有这列" in err


@pytest.mark.parametrize(
    ("header", "rows", "labels"),
    [
        (["内容", "一级分类", "二级分类"], [(t, f, f"{f}类") for t, _, f in ROWS], {"topic"}),
        (["内容", "承办单位"], [(t, u) for t, u, _ in ROWS], {"lead_unit", "function"}),
        (["内容", "承办单位", "主题"], ROWS, {"lead_unit", "function", "topic"}),
    ],
)
def test_what_has_no_column_is_not_learnt(
    capsys: pytest.CaptureFixture[str], header: list[str], rows: list[tuple[str, ...]], labels: set[str]
) -> None:
    file = write_csv("a.csv", header, rows)
    assert run(capsys, "train", "--cases", file, "--out", "model")[0] == 0
    assert set(Router.load("model").content.labels) == labels
    code, out, _ = run(capsys, "route", "青秀区工地欠薪", "--model", "model", "--json")
    suggestion = json.loads(out)
    assert code == 0
    assert bool(suggestion["lead_units"]) == ("lead_unit" in labels)
    assert bool(suggestion["topics"]) == ("topic" in labels)
    code, out, _ = run(capsys, "evaluate", "--model", "model", "--cases", file, "--json")
    assert set(json.loads(out)) - {"n", "texts_per_second"} == labels - {"function"}


def test_forms_alone_are_nothing_to_route_by(capsys: pytest.CaptureFixture[str]) -> None:
    file = write_csv(
        "f.csv", ["内容", "形式"], [(t, ("投诉", "建议")[i % 2]) for i, (t, *_) in enumerate(ROWS)]
    )
    code, _, err = run(capsys, "train", "--cases", file, "--out", "model")
    assert code == 2
    assert "nothing to route by" in err
    assert not Path("model").exists()


def test_rows_without_text_go_to_the_working_folder_masked(capsys: pytest.CaptureFixture[str]) -> None:
    bad = [("", "王某13877112233", "x"), ("  ", "y", "z")]
    file = write_csv("many.csv", ["诉求内容", "承办单位", "职能"], [*ROWS[:10], *bad, *ROWS[10:]])
    code, out, err = run(capsys, "train", "--cases", file, "--out", "model")
    assert (code, out) == (0, "")
    assert "2 rows were set aside in" in err
    assert 'many.csv row 12, column "诉求内容": no text' in err
    assert [path.name for path in Path("../in").iterdir()] == ["many.csv"]
    rejected = list(csv.DictReader(Path("many.rejected.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["row"], row["column"]) for row in rejected] == [("12", "诉求内容"), ("13", "诉求内容")]
    assert "13877112233" not in rejected[0]["text"]


def test_rejected_rows_go_where_they_are_told_but_never_over_an_input(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = write_csv("many.csv", ["诉求内容", "承办单位", "职能"], [*ROWS, ("", "", "x")])
    before = Path(file).read_bytes()
    code, _, err = run(capsys, "train", "--cases", file, "--rejected", file, "--out", "model")
    assert code == 2
    assert "is one of the inputs" in err
    assert Path(file).read_bytes() == before
    assert run(capsys, "train", "--cases", file, "--rejected", "bad.csv", "--out", "model")[0] == 0
    assert Path("bad.csv").is_file()
    assert not Path("many.rejected.csv").exists()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.csv", b"", "is empty"),
        ("head.csv", "内容,承办单位\n".encode(), "no rows"),
        ("none.csv", "甲,乙\n1,2\n".encode(), "no text column among: 甲, 乙"),
        ("lock.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("broken.xlsx", b"PK\x03\x04" + bytes(99), "damaged"),
        ("few.csv", "内容,承办单位\n路灯不亮,甲局\n".encode(), "only 1 cases"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    capsys: pytest.CaptureFixture[str], name: str, content: bytes, expected: str
) -> None:
    Path("../in", name).write_bytes(content)
    code, _, err = run(capsys, "train", "--cases", f"../in/{name}", "--out", "model")
    assert code == 2
    assert expected in err
    assert name in err or name == "few.csv"
    assert len(err.splitlines()) == 1
    assert not Path("model").exists()


def test_a_bad_file_after_a_good_one_stops_the_work_but_keeps_the_rejects(
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = write_csv("good.csv", ["内容", "承办单位"], [*[row[:2] for row in ROWS], ("", "x")])
    code, _, err = run(capsys, "train", "--cases", good, "../in/none.csv", "--out", "model")
    assert code == 2
    assert "1 row was set aside" in err
    assert "none.csv: does not exist" in err.splitlines()[-1]


@pytest.mark.parametrize("out", ["../in", "../in/a.csv", ".", "/", "../in/a.csv/model"])
def test_an_out_that_is_no_place_for_a_model_is_refused_before_the_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    Path("mine.txt").write_text("keep me", "utf-8")
    monkeypatch.setattr("fenban.serving.jobs.training.train_model", None)
    code, _, err = run(capsys, "train", "--cases", cases_csv(), "--out", out)
    assert code == 2
    assert "choose another --out" in err
    assert Path("mine.txt").read_text("utf-8") == "keep me"
    assert Path("../in/a.csv").is_file()


def test_a_model_may_be_written_over_and_the_same_cases_give_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = cases_csv()
    versions = []
    for _ in range(2):
        assert run(capsys, "train", "--cases", file, "--out", "new/model")[0] == 0
        versions.append(Router.load("new/model").version)
    assert versions[0] == versions[1]
    assert [path.name for path in Path("new").iterdir()] == ["model"]


def test_dates_that_are_none_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(*row[:2], "昨天" if i == 3 else "2026-01-02") for i, row in enumerate(ROWS)]
    file = write_csv("d.csv", ["内容", "承办单位", "受理时间"], rows)
    code, _, err = run(capsys, "train", "--cases", file, "--out", "model")
    assert code == 0
    assert 'not a date in column "受理时间", left empty (1 row)' in err


def zones(out: str) -> list[str]:
    return [entry["zone"] for entry in json.loads(out)]


def flags(out: str) -> list[list[str]]:
    return [entry["flags"] for entry in json.loads(out)]


def test_a_text_file_gives_one_entry_a_line_also_for_blank_ones(
    capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    Path("x.txt").write_text("\n青秀区饭店拖欠工资\n\n  \n中学食堂饭菜差\n\n", "utf-8")
    code, out, err = run(capsys, "route", "--file", "x.txt", "--json", "--model", str(model_folder))
    assert (code, err) == (0, "")
    assert [bool(f) for f in flags(out)] == [True, False, True, True, False, True]
    found = json.loads(out)
    assert found[1]["functions"][0]["function"] == "人力资源和社会保障局"
    assert found[4]["functions"][0]["function"] == "教育局"


def test_rows_of_tables_keep_their_order_and_empty_ones_their_place(
    capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    model = str(model_folder)
    file = write_csv(
        "r.csv", ["编号", "内容"], [(1, "饭店拖欠工资"), (2, ""), ("", ""), (4, "中学食堂饭菜差")]
    )
    code, out, err = run(capsys, "route", "--file", file, "--json", "--model", model)
    assert code == 0
    assert [bool(f) for f in flags(out)] == [False, True, True, False]
    assert "1 row was set aside" in err
    Path("r.jsonl").write_text(
        '{"text": "饭店拖欠工资"}\n{"id": 2, "text": ""}\nno json\n{"text": "中学食堂"}\n', "utf-8"
    )
    code, out, err = run(capsys, "route", "--file", "r.jsonl", "--json", "--model", model)
    assert [bool(f) for f in flags(out)] == [False, True, True, False]
    assert "2 rows were set aside" in err
    book = openpyxl.Workbook()
    for row in (["内容"], ["饭店拖欠工资"], [], [], ["中学食堂饭菜差"]):
        book.worksheets[0].append(row)
    book.save("r.xlsx")
    _, out, _ = run(capsys, "route", "--file", "r.xlsx", "--json", "--model", model)
    assert [bool(f) for f in flags(out)] == [False, True, True, False]
    Path("one.csv").write_text("text\n饭店拖欠工资\n\n中学食堂\n", "utf-8")
    _, out, _ = run(capsys, "route", "--file", "one.csv", "--json", "--model", model)
    assert [bool(f) for f in flags(out)] == [False, True, False]


def test_many_texts_for_people(capsys: pytest.CaptureFixture[str], model_folder: Path) -> None:
    Path("x.txt").write_text("饭店拖欠工资\n\n", "utf-8")
    code, out, _ = run(capsys, "route", "--file", "x.txt", "--model", str(model_folder))
    assert code == 0
    assert "人力资源和社会保障局" in out
    assert "（没有文字）" in out
    assert "文字太少" in out


def test_a_report_that_cannot_be_written_is_known_before_the_work(
    capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    arguments = ["evaluate", "--model", str(model_folder), "--cases", cases_csv()]
    code, out, err = run(capsys, *arguments, "--report", "no/r.html")
    assert (code, out) == (2, "")
    assert "no/r.html: cannot be written" in err
    assert run(capsys, *arguments, "--report", ".")[0] == 2
    code, out, err = run(capsys, *arguments, "--report", "r.html", "--json")
    assert code == 0
    assert json.loads(out)["n"] == len(ROWS)
    assert "<html" in Path("r.html").read_text("utf-8")


def test_evaluate_says_that_there_is_nothing_to_compare(capsys: pytest.CaptureFixture[str]) -> None:
    topics = write_csv("t.csv", ["内容", "主题"], [(t, f) for t, _, f in ROWS])
    assert run(capsys, "train", "--cases", topics, "--out", "model")[0] == 0
    code, out, err = run(capsys, "evaluate", "--model", "model", "--cases", cases_csv())
    assert code == 0
    assert f"{len(ROWS)} texts" in out
    assert "no label that this model has learnt" in err
