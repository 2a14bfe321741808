"""What agents read besides skills: instructions, commands, sub-agents, hooks, servers and permissions."""
