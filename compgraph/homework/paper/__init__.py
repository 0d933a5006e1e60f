"""A sheet on paper: what stands on it, the graph with a box for every number, and both in five formats."""
