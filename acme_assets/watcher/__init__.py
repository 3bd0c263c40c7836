"""The dead man's switch: notices that nobody watches any more, and says so by itself."""
