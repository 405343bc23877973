"""The desks Hercules can talk to, one file or folder a kind, behind one contract (`desk.py`)."""
