"""Documents, as the bounded process reads them and as the service takes the answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..desk.matters.documents import Document, UnreadableDocumentError, read_document
from .errors import UploadRefusedError


def read(content: bytes, name: str) -> dict[str, Any]:
    """Read a document; the answer is JSON.

    Raises:
        UploadRefusedError: it cannot be read.
    """
    try:
        return asdict(read_document(content, name))
    except UnreadableDocumentError as error:
        raise UploadRefusedError(error.reason) from error


def restore(answer: Any) -> Document:
    """Return the document of an answer."""
    return Document(**answer)
