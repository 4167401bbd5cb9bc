"""The engine: routes inputs to the core and effects to the shell; owns no rules of its own."""
