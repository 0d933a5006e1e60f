"""Bridges to other libraries, a module for each: imported only when asked for, as is the library behind it.

=====================  ==========================================================================================
`interop.networkx`     graphs and Solutions saved and loaded without loss: node-link JSON and GraphML
`interop.sympy`        formulas to SymPy and back, and a derivative shown equal to SymPy's own
`interop.pandas`       DataFrames: nodes, edges, steps, paths, orders of elimination, marks of a class
`interop.torch`        the graph that ``loss.backward()`` walks as a labelled graph, to be watched and checked
`interop.jax`          a graph as a function that XLA compiles, maps and shards; and JAX's programs read
=====================  ==========================================================================================
"""
