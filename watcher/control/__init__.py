"""What users ask of the program's state, and the way it gets to whoever may write that.

`commands` are the values, `wire` their form on a socket, `deeds` and `scanning` carry them out.
`asking` decides who does: a running daemon, or the asking process itself under the state's lock.
"""
