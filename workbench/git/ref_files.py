"""Where HEAD and refs are, read from the files that git keeps them in: a command asks that again and again.

Only what is plain is read here. Where anything is not (another format, a broken file, an odd name), git is asked.
"""

import re
from pathlib import Path

_ID = re.compile(rb"(?:[0-9a-f]{40}|[0-9a-f]{64})\s*")
_LINK = re.compile(rb"ref: *([^\0\s]+)\s*")
_NAME = re.compile(r"HEAD|refs/(?!(?:bisect|rewritten|worktree)/)(?:(?!\.)[\w.+@-]+/)*(?!\.)[\w.+@-]+", re.ASCII)
_MOST_LINKS = 5


class AskGitError(Exception):
    """The files don't say it plainly."""


class RefFiles:
    """The refs of a repository as files.

    Args:
        git_dir: The folder of the work tree, which holds its HEAD.
        common_dir: The folder that holds what all work trees share.
    """

    def __init__(self, git_dir: Path, common_dir: Path) -> None:
        self._git_dir = git_dir
        self._common_dir = common_dir

    def commit(self, ref: str) -> str | None:
        """The object id that a ref is at, at the end of its links; None where there is no such ref.

        Raises:
            AskGitError: git has to be asked.
        """
        last, said = self._followed(ref)
        return said.strip().decode() if said is not None else self._packed(last)

    def link(self, ref: str) -> str | None:
        """The ref that the links of a ref lead to; None where it is no link, or is not there.

        Raises:
            AskGitError: git has to be asked.
        """
        last, _ = self._followed(ref)
        return last if last != ref else None

    def has_any(self, prefix: str) -> bool:
        """Whether there may be a ref whose name begins so; the prefix ends with a stroke.

        Raises:
            AskGitError: git has to be asked.
        """
        self._refuse_other_formats()
        return (self._common_dir / prefix).exists() or f" {prefix}" in self._all_packed()

    def _followed(self, ref: str) -> tuple[str, bytes | None]:
        """The ref at the end of the links, and the id in its file; None where it has no file."""
        for _ in range(_MOST_LINKS):
            if not _NAME.fullmatch(ref):
                raise AskGitError
            said = self._content(ref)
            if said is None or _ID.fullmatch(said):
                return ref, said
            found = _LINK.fullmatch(said)
            if not found:
                raise AskGitError
            ref = found[1].decode("utf-8", "surrogateescape")
        raise AskGitError

    def _content(self, ref: str) -> bytes | None:
        self._refuse_other_formats()
        file = (self._git_dir if ref == "HEAD" else self._common_dir) / ref
        if file.is_symlink():
            raise AskGitError
        try:
            return file.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise AskGitError from error

    def _refuse_other_formats(self) -> None:
        if (self._common_dir / "reftable").exists():
            raise AskGitError

    def _packed(self, ref: str) -> str | None:
        found = re.search(rf"^([0-9a-f]{{40,64}}) {re.escape(ref)}$", self._all_packed(), re.MULTILINE)
        return found[1] if found else None

    def _all_packed(self) -> str:
        try:
            return (self._common_dir / "packed-refs").read_text(encoding="utf-8", errors="surrogateescape")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise AskGitError from error
