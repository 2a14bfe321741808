"""Models over the network: asked in either wire format, priced, held to a budget, recorded and replayed."""
