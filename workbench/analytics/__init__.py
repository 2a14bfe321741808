"""What happened and what it cost: events, agents' logs, prices and the questions asked of them."""
