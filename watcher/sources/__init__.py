"""Where messages come from: files of many formats, read in a child process behind walls."""
