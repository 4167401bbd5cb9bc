"""The forms of the API's requests and answers."""
