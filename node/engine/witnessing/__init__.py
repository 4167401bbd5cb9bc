"""The witness's duties: what this node signs about rolls, lots and questions, and what it carries on."""
