"""The command ``compgraph hw``: sheets and keys, marking one sheet or a class, trying a problem, exports."""
