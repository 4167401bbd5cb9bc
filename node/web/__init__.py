"""What a node shows over HTTP: the API and the pages, on the public and on the operator's listener."""
