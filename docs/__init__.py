"""Documents: a page for each reader, and the programs that make their pictures and drawings.

`pictures` takes the pictures from the running demo, `diagrams` writes the state machines,
`rights` the table of who may do what.
"""
