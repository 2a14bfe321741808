"""Bringing skills in: from agents' folders, archives, stores and prompt templates into one git library."""
