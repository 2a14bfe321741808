"""Files that hold credentials, wherever a text names them."""

import re

from workbench.skills.capabilities.model import Certainty
from workbench.skills.capabilities.needles import holds_any
from workbench.skills.capabilities.ordinary import CREDENTIALS
from workbench.skills.capabilities.source import Source

_NEEDLES = (".ssh", ".aws", "id_rsa", "id_ed25519", ".netrc", "/etc/passwd", "/etc/shadow", ".gnupg", ".kube",
            ".docker",
            "Login Data", "keychain", "Keychain", ".npmrc", ".pypirc", ".git-credentials", "wallet.dat",
            ".config/gcloud",
            ".azure", "authorized_keys", "find-generic-password", ".bash_history", ".zsh_history", "/proc/self/environ",
            "169.254.169.254")  # fmt: skip
_PATHS = re.compile(
    r"(?:~|\$HOME|\$\{HOME\}|/root|/home/\w+)?/?\.ssh/(?:id_\w+|authorized_keys|config|known_hosts)|(?:~|\$HOME)/\.ssh\b"
    r"|(?:~|\$HOME|\$\{HOME\})?/?\.aws/(?:credentials|config)\b|\bid_(?:rsa|ed25519|ecdsa)\b(?!\.pub)"
    r"|(?:~/|\$HOME/|['\"/])\.netrc\b|/etc/(?:passwd|shadow|sudoers)\b|(?:~|\$HOME)?/?\.gnupg\b|\.kube/config\b"
    r"|\.docker/config\.json\b|\bLogin Data\b|\blogin\.keychain(?:-db)?\b|\bfind-generic-password\b|(?:~/"
    r"|\$HOME/)\.npmrc\b"
    r"|\.pypirc\b|\.git-credentials\b|\bwallet\.dat\b|\.config/gcloud\b|(?:~/|\$HOME/)\.azure\b|\.(?:bash|zsh)_history\b"
    r"|/proc/self/environ\b|\b169\.254\.169\.254\b"
)


def scan_sensitive(source: Source, certainty: Certainty) -> None:
    """Note the places of credentials that a text names."""
    if holds_any(source.text, _NEEDLES):
        for match in _PATHS.finditer(source.text):
            source.add("reads", match[0].strip("\"'") + CREDENTIALS, match.start(), certainty)
