"""Participatory budgets in exact integers: projects, costs and approvals in, what is funded out.

Nothing here knows who may vote or where ballots come from; nothing here opens a file or reads a clock.
"""
