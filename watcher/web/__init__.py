"""The local page: a child process that shows what the store holds and sends on what is done."""
