"""How files come into the landing zone: the zones beside the local folder, and pulls by SFTP and from APIs.

What is due and what a page holds is decided by pure modules here (`due`, `remote_files`, `pages`, `json_slices`).
Whether a delivery is complete, and whose it is, is `feeds`: what a pull landed is a file like any other.
"""
