"""The ids of the clients that read skills, apart from the table of what they do, which takes longer to load."""

from typing import Literal, get_args

ClientId = Literal["claude", "codex", "cursor", "copilot", "gemini", "opencode"]

CLIENT_IDS: tuple[ClientId, ...] = get_args(ClientId)
