"""Keeping where adopted skills came from, in the library's own `skills-lock.json`, committed with them.

Only what others can follow is kept there: a repository, an archive, a well-known address. A folder of this machine is
in the baseline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.git import Repository
from workbench.reviews.adopting.model import Findings, Found
from workbench.reviews.lockfile import LOCK_FILE
from workbench.reviews.origins import Origin, installed_origin, origin_of, record_origins
from workbench.skills.model import ROOT_ID
from workbench.skills.reader import read

_FOLLOWED = ("github", "git", "well-known", "archive")


@dataclass(frozen=True, slots=True)
class KeptOrigins:
    """The lock file with new origins in it, and what it held before."""

    file: Path
    before: bytes | None

    def put_back(self) -> None:
        """Make the file as it was."""
        if self.before is None:
            self.file.unlink(missing_ok=True)
        else:
            self.file.write_bytes(self.before)


def keep_origins(
    repository: Repository, found: Sequence[Found], skills: Sequence[str], home: Path | None, findings: Findings
) -> KeptOrigins | None:
    """Write the origins of these skills into the library's lock file; None where there is nothing to write.

    Args:
        repository: The library, with the copies in its work tree.
        found: The skills that are new or updated.
        skills: Ids of every skill of the library.
        home: The home folder, whose lock file names what installers put there.
        findings: Gets the reason where they can't be kept.
    """
    look_up = _Looker(home)
    origins = {one.path: origin for one in found if (origin := _origin(one, look_up)) is not None}
    if not origins:
        return None
    file = repository.root / LOCK_FILE
    if repository.run("status", "--porcelain", "--untracked-files=all", "--", LOCK_FILE):
        findings.skip(str(file), "it has changes that are not committed, so origins are in the baseline alone")
        return None
    try:
        before = file.read_bytes() if file.exists() else None
        kept = KeptOrigins(file, before)
        return kept if record_origins(repository.root, origins, skills=skills) else None
    except (WorkbenchError, OSError) as error:
        findings.skip(str(file), f"origins can't be kept in it: {getattr(error, 'what', error)}")
        return None


class _Looker:
    """Looks origins up, asking git once for each folder that skills lie side by side in."""

    def __init__(self, home: Path | None) -> None:
        self._home = home
        self._in_git: dict[Path, bool] = {}

    def origin(self, folder: Path) -> Origin | None:
        """What is said of where the skill in a folder came from; None where nothing can be read."""
        try:
            if self._kept_by_git(folder):
                return origin_of(folder, home=self._home)
            return installed_origin(folder, read(folder, ROOT_ID).frontmatter, self._home)
        except WorkbenchError:
            return None  # what can't be read says nothing; the baseline has the folder

    def _kept_by_git(self, folder: Path) -> bool:
        if (folder / ".git").exists() or folder.is_symlink():
            return True
        if folder.parent not in self._in_git:
            self._in_git[folder.parent] = Repository.discover(folder.parent) is not None
        return self._in_git[folder.parent]


def _origin(found: Found, look_up: _Looker) -> Origin | None:
    """Where a skill came from, by the first of its places that says more than the place itself."""
    if found.kind == "archive":
        archive, _, inside = found.origins[0].partition(": ")
        return Origin("archive", url=archive, path=inside or None, said_by="adopt")
    if found.kind != "skills":
        return None
    for place in found.origins:
        origin = look_up.origin(Path(place))
        if origin is not None and origin.kind in _FOLLOWED:
            return origin
    return None
