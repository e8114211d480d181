"""Documents over HTTP."""

from __future__ import annotations

import io

import docx


def sent(client, content, name="提案.docx"):
    return client.post("/api/v1/documents", files={"file": (name, content)})


def test_a_word_document_is_read(client_for):
    document = docx.Document()
    document.add_heading("关于加装座椅的提案", 0)
    document.add_paragraph("候车亭没有座椅，老人站着等。")
    stream = io.BytesIO()
    document.save(stream)
    answer = sent(client_for(role="clerk"), stream.getvalue())
    assert answer.json() == {
        "title": "关于加装座椅的提案",
        "text": "候车亭没有座椅，老人站着等。",
        "kind": "docx",
    }


def test_a_text_is_read(client):
    answer = sent(client, "路灯坏了三天，请尽快修。".encode("gb18030"), "a.txt")
    assert answer.json() == {"title": "", "text": "路灯坏了三天，请尽快修。", "kind": "txt"}


def test_what_cannot_be_read_says_what_to_do(client, is_problem):
    content = is_problem(sent(client, b"\xd0\xcf\x11\xe0", "a.doc"), 422)
    assert content["errors"][0]["field"] == "file"
    assert "另存为 .docx" in content["errors"][0]["message"]
    is_problem(client.post("/api/v1/documents"), 422)
    is_problem(client.post("/api/v1/documents", json={"file": "x"}), 422)


def test_too_large_a_file_is_refused(client_for, is_problem):
    is_problem(sent(client_for(max_body=1000), b"x" * 2000, "a.txt"), 413)


def test_who_may_not_take_in_may_not_ask(client_for, is_problem, stranger):
    is_problem(sent(client_for(role="auditor"), b"x", "a.txt"), 403)
    is_problem(sent(stranger, b"x", "a.txt"), 401)
