"""Telling the user on the desktop: a notification with buttons, a fixed one, or a line of text."""
