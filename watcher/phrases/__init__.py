"""Every word the program says, in Chinese and in English."""
