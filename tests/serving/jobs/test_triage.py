"""A backlog through the router: every row and column kept, in every pair of formats."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from fenban.model.errors import InputError
from fenban.serving.cli.main import main
from fenban.serving.jobs.rows import open_submissions
from fenban.serving.jobs.triage import ADDED, ROWS_AT_ONCE, Triage

if TYPE_CHECKING:
    from fenban.model.router import Router

HEADER = ("编号", "受理时间", "诉求内容", "金额", "备注")
WAGES = "南宁市青秀区一家饭店拖欠工资不发"
SCHOOL = "南宁市兴宁区一所中学食堂饭菜质量差"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_book(path: str, *rows: Any) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return Path(path)


def read_book(path: str) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))


def read_csv(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(path).read_text("utf-8-sig").splitlines()))


def triage(source: Path | str, target: str, router: Router) -> list[tuple[Any, ...]]:
    run = Triage(Path(source), Path(target))
    run.check()
    run.run(router)
    return read_book(target) if target.endswith(".xlsx") else []


def test_a_workbook_keeps_numbers_dates_long_and_formula_like_texts(router: Router) -> None:
    long = "长" * 30_000
    moment = dt.datetime(2026, 1, 2, 10, 30)
    source = write_book(
        "in.xlsx",
        HEADER,
        [1, moment, WAGES, 12.5, long],
        [2, dt.date(2026, 1, 3), SCHOOL, 3, "-1+2"],
        ["007", "2026年1月4日", SCHOOL, True, "@某人"],
    )
    rows = triage(source, "out.xlsx", router)
    assert rows[0] == HEADER + ADDED
    assert rows[1][:5] == (1, moment, WAGES, 12.5, long)
    assert rows[2][:5] == (2, dt.datetime(2026, 1, 3), SCHOOL, 3, "-1+2")
    assert rows[3][:5] == ("007", "2026年1月4日", SCHOOL, True, "@某人")
    assert rows[1][6] == "南宁市青秀区人力资源和社会保障局"
    cells = list(openpyxl.load_workbook("out.xlsx").worksheets[0].iter_rows(min_row=2))
    assert {cell.data_type for row in cells for cell in row} <= {"n", "s", "d", "b", "inlineStr"}


def test_texts_that_look_like_formulas_stay_texts(router: Router) -> None:
    Path("in.csv").write_text(f'编号,内容,备注\n1,{WAGES},=1+1\n2,"=HYPERLINK(""x"")欠薪",+86\n', "utf-8")
    rows = triage("in.csv", "out.xlsx", router)
    assert [row[2] for row in rows[1:]] == ["=1+1", "+86"]
    sheet = openpyxl.load_workbook("out.xlsx").worksheets[0]
    assert sheet["C2"].data_type == "s"
    assert sheet["B3"].data_type == "s"
    triage("in.csv", "out.csv", router)
    assert read_csv("out.csv")[0]["备注"] == "'=1+1"


def test_json_lines_to_csv_and_back(router: Router) -> None:
    lines = [
        {"text": WAGES, "n": 1, "tags": ["a", "b"], "deep": {"x": 1}},
        {"text": SCHOOL, "extra": None},
    ]
    Path("in.jsonl").write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    triage("in.jsonl", "out.csv", router)
    rows = read_csv("out.csv")
    assert [row["text"] for row in rows] == [WAGES, SCHOOL]
    assert rows[0]["n"] == "1"
    assert list(rows[0])[:5] == ["text", "n", "tags", "deep", "extra"]
    triage("in.jsonl", "out.jsonl", router)
    kept = [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]
    assert kept[0]["deep"] == {"x": 1}
    assert kept[1]["分区"] in ("可直接分办", "请确认", "人工研判")


def test_rows_keep_their_places_and_blank_ones_stay_blank(router: Router) -> None:
    source = write_book("in.xlsx", ("编号", "内容"), (1, WAGES), (), (3, None), (4, SCHOOL))
    run = Triage(source, Path("out.xlsx"))
    outcome = run.run(router)
    rows = read_book("out.xlsx")
    assert [row[0] for row in rows] == ["编号", 1, None, 3, 4]
    assert set(rows[2]) == {None}
    zone, note = 2 + ADDED.index("分区"), 2 + ADDED.index("提示")
    assert rows[3][zone] == "人工研判"
    assert rows[3][note] == "未能处理：没有文字"
    assert (outcome.n_rows, outcome.n_blank, len(outcome.rejected)) == (4, 1, 1)
    assert outcome.zones.total() == 2


def test_a_stray_cell_far_below_makes_no_million_rows(router: Router) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (("编号", "内容"), (1, WAGES)):
        sheet.append(row)
    sheet.cell(500_000, 1, "x")
    book.save("in.xlsx")
    outcome = Triage(Path("in.xlsx"), Path("out.csv")).run(router)
    assert outcome.n_rows == 2


def test_a_title_alone_is_a_text(router: Router) -> None:
    Path("in.csv").write_text(f"标题,内容\n{WAGES},\n", "utf-8")
    with open_submissions(Path("in.csv")) as rows:
        assert [row.problem for row in rows] == [""]
    outcome = Triage(Path("in.csv"), Path("out.csv")).run(router)
    assert not outcome.rejected
    assert read_csv("out.csv")[0]["建议职能"] == "人力资源和社会保障局"


def test_the_place_given_stands_in_where_a_row_names_none() -> None:
    Path("in.csv").write_text(f"内容,属地\n{WAGES},\n{WAGES},南宁市/江南区\n", "utf-8")
    with open_submissions(Path("in.csv"), jurisdiction="南宁市") as rows:
        assert [row.submission.jurisdiction for row in rows] == ["南宁市", "南宁市/江南区"]


def test_columns_that_are_there_already_are_not_written_over(router: Router) -> None:
    Path("in.csv").write_text(f"内容,分区,分区_2\n{WAGES},甲,乙\n", "utf-8")
    triage("in.csv", "out.csv", router)
    row = read_csv("out.csv")[0]
    assert (row["分区"], row["分区_2"]) == ("甲", "乙")
    assert row["分区_3"] in ("可直接分办", "请确认", "人工研判")


def test_more_rows_than_one_batch_keep_their_order(router: Router) -> None:
    n = ROWS_AT_ONCE + 7
    text = "".join(f"{i},{WAGES if i % 2 else SCHOOL}\n" for i in range(n))
    Path("in.csv").write_text("编号,内容\n" + text, "utf-8")
    triage("in.csv", "out.csv", router)
    rows = read_csv("out.csv")
    assert [int(row["编号"]) for row in rows] == list(range(n))
    assert [row["建议职能"] for row in rows[:2]] == ["教育局", "人力资源和社会保障局"]
    assert {row["建议职能"] for row in rows[1::2]} == {"人力资源和社会保障局"}


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("in.csv", "in.csv", "is the input itself"),
        ("in.csv", "same.csv", "is the input itself"),
        ("in.csv", "no/out.csv", "no folder no"),
        ("in.csv", "out.pdf", "use .xlsx, .csv or .jsonl"),
        ("in.csv", "folder.csv", "is a folder"),
        ("none.csv", "out.csv", "does not exist"),
        ("other.csv", "out.csv", "no text column"),
    ],
)
def test_what_cannot_end_well_is_refused_before_the_work(source: str, target: str, expected: str) -> None:
    Path("in.csv").write_text(f"内容\n{WAGES}\n", "utf-8")
    Path("other.csv").write_text("甲\n1\n", "utf-8")
    Path("same.csv").symlink_to("in.csv")
    Path("folder.csv").mkdir()
    before = sorted(path.name for path in Path().iterdir())
    with pytest.raises(InputError, match=expected):
        Triage(Path(source), Path(target)).check()
    assert sorted(path.name for path in Path().iterdir()) == before


def test_a_result_is_written_whole_or_not_at_all(router: Router) -> None:
    Path("in.csv").write_text(f"内容\n{WAGES}\n", "utf-8")
    Path("out.csv").write_text("old", "utf-8")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Triage(Path("in.csv"), Path("out.csv")).run(router, progress=stop)
    assert Path("out.csv").read_text("utf-8") == "old"
    assert sorted(path.name for path in Path().iterdir()) == ["in.csv", "out.csv"]


def test_the_command_counts_zones_rejects_and_cut_cells(
    capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    Path("data").mkdir()
    lines = f"编号,内容\n1,{WAGES}\n2,{'长' * 40_000}\n3,\n,\n5,{SCHOOL},多一格,再多\n"
    Path("data/in.csv").write_text(lines, "utf-8")
    code = main(["triage", "data/in.csv", "out.xlsx", "--model", str(model_folder)])
    out, err = capsys.readouterr()
    assert (code, out) == (0, "")
    assert "5 rows in out.xlsx" in err
    assert "未能读取 2, 空行 1" in err
    assert "1 cell is longer than Excel takes" in err
    assert "2 rows were set aside" in err
    assert [path.name for path in Path("data").iterdir()] == ["in.csv"]
    assert "再多" in Path("in.rejected.csv").read_text("utf-8-sig")
    assert len(read_book("out.xlsx")) == 6


def test_a_higher_target_precision_leaves_less_to_auto(router: Router) -> None:
    rows = "".join(f"{text}\n" for text in (WAGES, SCHOOL) * 5)
    Path("in.csv").write_text("内容\n" + rows, "utf-8")
    run = Triage(Path("in.csv"), Path("out.csv"))
    easy, hard = (run.run(router, target).zones["auto"] for target in (0.5, 0.999))
    assert easy > hard


@pytest.mark.parametrize("cascade", [True, False])
def test_only_a_run_without_the_cascade_asks_the_encoder_for_every_text(
    router: Router, monkeypatch: pytest.MonkeyPatch, cascade: bool
) -> None:
    asked = []
    suggest = type(router).suggest

    def noting(*arguments: Any, **options: Any) -> Any:
        asked.append(options["thorough"])
        return suggest(*arguments, **options)

    monkeypatch.setattr(type(router), "suggest", noting)
    Path("in.csv").write_text(f"内容\n{WAGES}\n", "utf-8")
    Triage(Path("in.csv"), Path("out.csv"), cascade=cascade).run(router)
    assert asked == [not cascade]
