"""The `hedgerow` command: reads what people type, asks the node, prints the answer in plain words.

Decides nothing about the domain. main.py is the one place where an error becomes a message and an exit code.
"""
