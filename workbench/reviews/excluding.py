"""Which folders a library's policy leaves out of its lists."""

from pathlib import Path

from workbench.errors import InputError
from workbench.git import Repository
from workbench.policy.rules import MAX_BYTES, POLICY_FILE, parse_policy
from workbench.skills.files import read_inside


def excluded(root: Path, repository: Repository | None) -> tuple[str, ...]:
    """The folders whose skills lists leave out: by HEAD's policy, or by the file outside git.

    `verify` leaves out what the policy in force says; a list shows what this checkout says.
    """
    try:
        data = read_inside(root, POLICY_FILE, MAX_BYTES) if repository is None else _at_head(repository)
        return parse_policy(data).exclude if data is not None else ()
    except (OSError, InputError):
        return ()


def _at_head(repository: Repository) -> bytes | None:
    found = repository.look_up([f"HEAD:{POLICY_FILE}"])[0]
    return repository.blobs([found[0]]).get(found[0]) if found and found[1] == "blob" else None
