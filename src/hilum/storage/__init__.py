"""Files and folders: written atomically, locked, cached."""
