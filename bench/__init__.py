"""Every figure that README names, each printed by `python -m bench NAME`."""
