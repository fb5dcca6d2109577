"""Reports held against each other: two of one controller in the course of time, or several controllers. Pure."""
