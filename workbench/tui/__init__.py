"""The screen: a Textual application on a workspace; it shows what the rooms below say and adds no logic."""
