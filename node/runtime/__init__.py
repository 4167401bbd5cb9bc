"""The shell around the engine: one thread for the core, one event loop for bytes, a clock, a log."""
