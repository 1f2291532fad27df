"""One task of a JSON file, ``{task: {...}, ...}``, which may hold more than memory does."""

import json
import re
from pathlib import Path
from typing import Any

from nasbench_lc.errors import FormatError
from nasbench_lc.importers import reading
from nasbench_lc.importers.reading import chosen_task, in_words, opened

__all__ = ["read_task"]

CHUNK, LONGEST = 1 << 22, 1 << 20
"""How many bytes are read at once, and how many a string holds at most."""
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:(")|\\?\Z)|[{}\[\]]', re.DOTALL)
"""A bracket, or a string: its closing mark is group 1, and without one it goes on behind the bytes at hand."""


def read_task(path: Path, wanted: str | None) -> tuple[str, dict[str, Any]]:
    """The name and the content of one member of the JSON object in a file, gzip or not.

    The file is gone through once, by its brackets and strings. What is wanted is kept and parsed; of other members nothing is kept, and nothing is
    known but that their brackets end.

    Arguments:
        path: The file.
        wanted: The name of the member; None for the only one.

    Raises:
        ConfigError: If there are several and none is wanted, or the one that is wanted is not there.
        FormatError: If the file cannot be read, is no JSON object of objects, or what is wanted holds more than :data:`reading.MAX_BYTES`.
    """
    found = _Members(wanted)
    try:
        rest = b""
        with opened(path) as stream:
            while chunk := stream.read(CHUNK):
                rest = found.feed(rest + chunk)
                if max(len(found.outline), len(found.content)) > reading.MAX_BYTES:
                    raise FormatError(f"A task must hold at most {reading.MAX_BYTES >> 20} MiB; got more in {path}. Cut it into parts.")
        members = json.loads((found.outline + rest).decode("utf-8-sig"))
        if not isinstance(members, dict) or not all(isinstance(member, dict) for member in members.values()):
            raise FormatError(f"The source must be JSON of the form {{task: {{run: ...}}}}; got another in {path}. Choose another KIND.")
        if not members:
            raise FormatError(f"The source must hold runs; got none in {path}. Fetch it again.")
        return chosen_task(list(members), wanted, path), json.loads(found.content.decode())
    except (ValueError, RecursionError) as error:
        raise FormatError(f"The source must be JSON; got {in_words(error)!r} from {path}. Fetch it again.") from error


class _Members:
    """What has been seen of an object: its text without what its members hold, and what the wanted one holds.

    Arguments:
        wanted: The name of that member; None for the first.
    """

    def __init__(self, wanted: str | None) -> None:
        self.wanted = wanted
        self.outline, self.content = bytearray(), bytearray()
        self._depth, self._name, self._keeps = 0, b'""', False

    def feed(self, data: bytes) -> bytes:
        """Take in the next bytes; the last of them that begin a string which does not end are returned, to be given again with what follows.

        Raises:
            ValueError: If the object cannot be one.
        """
        begin, end = 0, len(data)
        for token in _TOKEN.finditer(data):
            mark = data[token.start()]
            if mark == ord('"'):
                if token.group(1) is None:
                    end = token.start()
                elif self._depth == 1:
                    self._name = token.group()
            elif mark in b"{[":
                if self._depth == 1:
                    self.outline += data[begin : token.end()]
                    begin = token.start()
                    self._begin()
                self._depth += 1
            else:
                self._depth -= 1
                if self._depth == 1:
                    self._take(data[begin : token.end()])
                    begin = token.start()
        if len(data) - end > LONGEST:
            raise ValueError(f"a string of more than {LONGEST} bytes")
        if self._depth > 1:
            self._take(data[begin:end])
        else:
            self.outline += data[begin:end]
        return data[end:]

    def _begin(self) -> None:
        name = json.loads(self._name)
        if self.wanted is None:
            self.wanted = name
        self._keeps = name == self.wanted
        if self._keeps:  # of two with one name the last counts, as elsewhere
            self.content.clear()

    def _take(self, held: bytes) -> None:
        if self._keeps:
            self.content += held
