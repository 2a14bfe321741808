"""Test cases of skills: read, run in the sandbox, and compared with what they expect. No model is involved."""
