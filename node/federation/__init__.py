"""Federations: founding, bylaws, invitation and membership. How bytes travel is node/replication's affair."""
