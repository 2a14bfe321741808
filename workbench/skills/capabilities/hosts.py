"""Which hosts a text names."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

UNKNOWN = "\0"
"""Stands in a text for a part that is only known at run time."""
ANY_HOST = "any host"

_URL = re.compile(r"(?:https?|wss?|ftps?|sftp|ssh|git)://([^\s/?#\"'<>()\\|^`,;]{1,300})", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^\s/?#\"'<>()\\|^`,;]{1,300}")
_SCHEMES = ("https", "http", "wss", "ws", "ftp", "ftps", "sftp", "ssh", "git")
_REMOTE = re.compile(r"(?:[\w.+-]{1,64}@)?([A-Za-z0-9][\w-]*(?:\.[\w-]+)+):(?!//)[^\s]*")
_HOST = re.compile(r"[\w*][\w.*-]*", re.UNICODE)
_EXAMPLES = re.compile(r"(?:^|\.)(?:example\.(?:com|org|net)|example|invalid|test)$|^(?:your|my)[-_.]|^x+\.")
_LOCAL = re.compile(r"^(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|::1|host\.docker\.internal)$|\.(?:localhost|local)$")
_IDENTIFIERS = frozenset((
    "www.w3.org", "w3.org", "schemas.openxmlformats.org", "schemas.microsoft.com", "purl.org", "schema.org",
    "json-schema.org", "ns.adobe.com", "www.apache.org", "creativecommons.org", "opensource.org", "xmlns.com",
    "purl.oclc.org", "json.schemastore.org", "semver.org", "keepachangelog.com", "spdx.org",
))  # fmt: skip
"""Hosts whose addresses are mostly names of formats and licences, not places to talk to."""


def hosts_in(text: str) -> Iterator[tuple[str, int]]:
    """Every host that a URL in `text` names, with the URL's offset; one only known at run time is `ANY_HOST`."""
    at = text.find("://")
    while at >= 0:
        before = text[max(0, at - 5) : at].lower()
        scheme = next((one for one in _SCHEMES if before.endswith(one)), "")
        authority = _AUTHORITY.match(text, at + 3) if scheme else None
        if authority and (host := host_of(authority[0])) is not None:
            yield host, at - len(scheme)
        at = text.find("://", at + 3)


def host_of(authority: str) -> str | None:
    """The host in `user@host:port`, in lower case; None where it is none."""
    host = authority.rpartition("@")[2].lower()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
        return host if _is_address(host) else None
    if UNKNOWN in host or "$" in host or "{" in host or "%" in host:
        known = host.rpartition(UNKNOWN)[2].lstrip(".")
        known = known.partition(":")[0]
        # What varies stands in front of a name that does not: `{region}.amazonaws.com`.
        return f"*.{known}" if "." in known and _HOST.fullmatch(known) else ANY_HOST
    host = host.partition(":")[0].strip(".*_~!&'")
    if not _HOST.fullmatch(host) or not ("." in host or is_local(host)):
        return None
    return host


def remote_host(word: str) -> str | None:
    """The host of an address as ssh, scp and git write it (`git@host:path`) or of a URL."""
    url = _URL.match(word)
    if url:
        return host_of(url[1])
    remote = _REMOTE.fullmatch(word)
    return remote[1].lower() if remote else None


def is_local(host: str) -> bool:
    """Whether a host is this machine."""
    return bool(_LOCAL.search(host))


def is_name_only(host: str) -> bool:
    """Whether a mention of this host says nothing: a documentation example, this machine, or a format's name."""
    return host in _IDENTIFIERS or bool(_EXAMPLES.search(host)) or is_local(host)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
