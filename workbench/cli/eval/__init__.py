"""`workbench eval`: evaluations and trigger sets on the command line."""
