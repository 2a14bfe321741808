"""Rules about approvals: what a library demands, and whether it is met. It knows nothing of who asks."""
