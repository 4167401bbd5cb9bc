"""The close of a decision: how witnesses agree, without a leader, on which ballots count.

Pure functions of signed statements, after the closing protocol in docs/closing.md. The rooms, from the ground
up: `quorum` (how many of how many), `statements` (what witnesses sign), `merkle` (short proofs of "my ballot
is listed"), `cut` (which ballots count, R2), `agreement` (who signed what, locks, certificates), `witness`
(what a witness signs next, R8), `lottery` (the order that breaks ties, R7), `phases` (the states).
"""
