"""What is known by name: networks and collections."""
