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
from workbench.reviews.origins import Origin, origin_of, record_origins

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
    origins = {one.path: origin for one in found if (origin := _origin(one, home)) is not None}
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


def _origin(found: Found, home: Path | None) -> Origin | None:
    """Where a skill came from, by the first of its places that says more than the place itself."""
    if found.kind == "archive":
        archive, _, inside = found.origins[0].partition(": ")
        return Origin("archive", url=archive, path=inside or None, said_by="adopt")
    if found.kind != "skills":
        return None
    for place in found.origins:
        origin = _looked_up(Path(place), home)
        if origin is not None and origin.kind in _FOLLOWED:
            return origin
    return None


def _looked_up(folder: Path, home: Path | None) -> Origin | None:
    try:
        return origin_of(folder, home=home)
    except WorkbenchError:
        return None  # what can't be read says nothing; the baseline has the folder
