"""Documents that several communities edit: the change format, the gate, and the wrapper around automerge.

Only `document.py` imports automerge. Nothing of a peer reaches it that `gate.py` has not admitted.
"""
