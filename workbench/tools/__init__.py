"""Tools: what can be called, from which source, with which arguments, and the pipeline that calls it."""
