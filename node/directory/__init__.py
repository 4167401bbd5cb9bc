"""The directory: what a community's page and an offer hold, how lists come in, go out and are searched.

Owns the forms and their lenient reading, import, export and the pure half of search. Refuses to own who may
write a document (charters and scopes say that), how documents merge (node/crdt) and where rows are kept.
"""
