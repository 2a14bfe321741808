"""Evaluations: what a model makes of a task with a skill, in files that other tools read and write too."""
