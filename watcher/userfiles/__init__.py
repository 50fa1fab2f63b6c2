"""The files the user edits: TOML in, a value and every mistake in it out."""
