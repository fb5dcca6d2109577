"""What a run leaves behind: events while it goes on, one report in the end, and what is made from it."""
