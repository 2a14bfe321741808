"""`workbench test`: run cases, say what came of each, and keep their snapshots."""
