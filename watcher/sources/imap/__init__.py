"""Mailboxes over IMAP: the only part of the program that opens a network connection."""
