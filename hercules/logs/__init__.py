"""Engine that turns attachments into readable files, and files into dated events."""
