"""Reading what strangers upload, each in a process of its own with limits of time and memory."""
