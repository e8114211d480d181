"""The figures of clusters are counts of what is there, and hold no text."""

from __future__ import annotations

import json

from fenban.benchmarks.desk import clusters
from tests.model.likeness.invented_letters import ALONE, LIGHTS, PLANT


def test_the_figures_of_a_small_folder_are_right(tmp_path, capsys):
    file = tmp_path / clusters.FILE
    file.parent.mkdir()
    texts = (*PLANT, PLANT[0], *LIGHTS, *ALONE)
    rows = [
        {"留言主题": "", "留言详情": text, "留言时间": f"2019/3/{1 + n} 9:00:00", "点赞数": str(20 - n)}
        for n, text in enumerate(texts)
    ]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    assert clusters.main(["--data", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    found = json.loads(out)
    assert found["messages"] == len(texts)
    assert found["ten largest"] == [5, 3]
    assert found["messages in them"] == 8
    assert found["pairs of the same text"] == 1
    assert found["share of these that a lookup by keys finds"] == 1
    assert not any(word in out for word in ("搅拌站", "松岭路"))
